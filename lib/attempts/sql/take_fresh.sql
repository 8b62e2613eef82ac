-- Counts the attempts that no intake has counted yet into cells, each on the day that it fell on in the
-- zone in force at it; skipped ones are none, nor what is dated before 1900, where dates come to an end some
-- time. What is dated after the as-of waits in arrivals_pending.
-- Parameters: $1 as-of.
-- Result: one row; how many were counted.
-- New are those whose transaction the last snapshot did not see, and what has waited for the as-of. Rows
-- and the next snapshot must be of one snapshot.
-- Times are turned into days by quarter-hours, of which few lie across a midnight or a change of zones: for
-- those the days around are counted again from the truth.
-- Index: attempts (ingest_xid), without which it would read the table; arrivals_pending (attempted_at);
--        user_zones' primary key. OFFSET 0: by that index, whatever the planner thinks of reading them all.
WITH last_intake AS MATERIALIZED (SELECT snapshot FROM nightshift.arrivals),
     due AS (
    DELETE FROM nightshift.arrivals_pending
     WHERE attempted_at <= $1::timestamptz
    RETURNING user_id, attempted_at, is_correct),
     quarters AS MATERIALIZED (
    SELECT user_id, count(*) AS attempts, count(*) FILTER (WHERE is_correct) AS correct,
           min(attempted_at) AS first_at, max(attempted_at) AS last_at
      FROM (SELECT user_id, attempted_at, is_correct
              FROM public.attempts
             WHERE ingest_xid >= (SELECT pg_snapshot_xmin(snapshot) FROM last_intake)
               AND NOT pg_visible_in_snapshot(ingest_xid, (SELECT snapshot FROM last_intake))
               AND skipped IS NOT TRUE AND attempted_at >= '1900-01-01Z' AND user_id IS NOT NULL
            UNION ALL
            SELECT * FROM due) AS each
     GROUP BY user_id, date_bin('15 minutes', attempted_at, '2000-01-01Z'), attempted_at > $1::timestamptz
     ORDER BY user_id),
     future AS (
    INSERT INTO nightshift.arrivals_pending (user_id, attempted_at, is_correct)
    SELECT user_id, attempted_at, is_correct
      FROM public.attempts
     WHERE EXISTS (SELECT FROM quarters WHERE first_at > $1::timestamptz)
       AND ingest_xid >= (SELECT pg_snapshot_xmin(snapshot) FROM last_intake)
       AND NOT pg_visible_in_snapshot(ingest_xid, (SELECT snapshot FROM last_intake))
       AND skipped IS NOT TRUE AND attempted_at > $1::timestamptz AND user_id IS NOT NULL),
     placed AS MATERIALIZED (
    SELECT q.*, d.day,
           q.last_at >= z.valid_until OR (q.last_at AT TIME ZONE z.zone)::date <> d.day AS is_across
      FROM quarters q
     CROSS JOIN LATERAL (SELECT valid_from, valid_until, zone
                           FROM nightshift.user_zones
                          WHERE user_id = q.user_id
                         OFFSET 0) AS z
     CROSS JOIN LATERAL (SELECT (q.first_at AT TIME ZONE z.zone)::date AS day) AS d
     WHERE q.first_at <= $1::timestamptz AND z.valid_from <= q.first_at AND z.valid_until > q.first_at),
     counted AS (
    INSERT INTO cells (user_id, day, attempts, correct, first_at, last_at, is_counted)
    SELECT user_id, day, sum(attempts), sum(correct), min(first_at), max(last_at), bool_or(is_across)
      FROM (SELECT user_id, day, attempts, correct, first_at, last_at, false AS is_across
              FROM placed
             WHERE NOT is_across
            UNION ALL
            SELECT p.user_id, around::date, 0, 0, p.first_at, p.last_at, true
              FROM placed p
             CROSS JOIN LATERAL generate_series(p.first_at AT TIME ZONE 'UTC' - interval '1 day',
                                                p.last_at AT TIME ZONE 'UTC' + interval '2 days',
                                                interval '1 day') AS around
             WHERE p.is_across) AS each
     GROUP BY user_id, day)
SELECT coalesce(sum(attempts), 0) AS attempts FROM quarters WHERE first_at <= $1::timestamptz
