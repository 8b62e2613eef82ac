-- The attempts that no intake has counted yet, into fresh; skipped ones are none.
-- Parameters: $1 as-of.
-- New are those whose transaction the last snapshot did not see; of users who are new or have moved
-- also those that it saw, which their zone was not known for; and what has waited for the as-of.
-- Rows and the next snapshot must be of one snapshot.
-- Index: attempts (ingest_xid), without which it would read the table; (user_id, attempted_at);
--        arrivals_pending (attempted_at).
WITH last_intake AS MATERIALIZED (SELECT snapshot, as_of FROM nightshift.arrivals),
     due AS (
    DELETE FROM nightshift.arrivals_pending
     WHERE attempted_at <= $1::timestamptz
    RETURNING user_id, attempted_at, is_correct)
INSERT INTO fresh (user_id, attempted_at, is_correct)
SELECT a.user_id, a.attempted_at, a.is_correct
  FROM public.attempts a
 WHERE a.ingest_xid >= (SELECT pg_snapshot_xmin(snapshot) FROM last_intake)
   AND NOT pg_visible_in_snapshot(a.ingest_xid, (SELECT snapshot FROM last_intake))
   AND a.skipped IS NOT TRUE
UNION ALL
SELECT user_id, attempted_at, is_correct FROM due
UNION ALL
SELECT a.user_id, a.attempted_at, a.is_correct
  FROM moved m
  JOIN public.attempts a ON a.user_id = m.user_id AND a.attempted_at >= m.since
 WHERE a.skipped IS NOT TRUE
   AND a.attempted_at <= (SELECT as_of FROM last_intake)
   AND pg_visible_in_snapshot(a.ingest_xid, (SELECT snapshot FROM last_intake))
