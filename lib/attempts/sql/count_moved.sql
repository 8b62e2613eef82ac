-- The days of users who have moved or are new that must be counted again, into cells: what was counted in
-- the zone before, and attempts that the last intake saw while these had no zone, or another.
-- Parameters: $1 as-of.
-- Index: attempts (user_id, attempted_at), active_days' and user_zones' primary keys. Reads only.
WITH again AS MATERIALIZED (
    SELECT d.user_id, d.day
      FROM moved m
      JOIN nightshift.active_days d ON d.user_id = m.user_id
     WHERE m.since > '-infinity' AND d.day >= (m.since AT TIME ZONE 'UTC')::date - 1
    UNION
    SELECT a.user_id, (a.attempted_at AT TIME ZONE z.zone)::date
      FROM moved m
      JOIN public.attempts a ON a.user_id = m.user_id AND a.attempted_at >= m.since
      JOIN nightshift.user_zones z ON z.user_id = m.user_id AND z.valid_from <= a.attempted_at
                                  AND z.valid_until > a.attempted_at
     WHERE a.skipped IS NOT TRUE AND a.attempted_at BETWEEN '1900-01-01Z' AND $1::timestamptz
       AND pg_visible_in_snapshot(a.ingest_xid, (SELECT snapshot FROM nightshift.arrivals))),
     known AS (
    DELETE FROM cells c
     USING again a
     WHERE c.user_id = a.user_id AND c.day = a.day)
INSERT INTO cells (user_id, day, is_counted)
SELECT user_id, day, true FROM again
