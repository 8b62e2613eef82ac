-- Counts cells again that are more than what is new, from the truth: never adds to them, so an attempt may
-- be taken in twice.
-- Parameters: $1 as-of.
-- No zone was ever more than 16 hours from UTC.
-- Index: attempts (user_id, attempted_at), user_zones' primary key. Reads only.
UPDATE cells c
   SET (attempts, correct, first_at, last_at) = (
           SELECT count(*), count(*) FILTER (WHERE a.is_correct), min(a.attempted_at), max(a.attempted_at)
             FROM nightshift.user_zones z
             JOIN public.attempts a
               ON a.user_id = c.user_id AND a.attempted_at >= z.valid_from AND a.attempted_at < z.valid_until
            WHERE z.user_id = c.user_id AND a.skipped IS NOT TRUE
              AND a.attempted_at BETWEEN '1900-01-01Z' AND $1::timestamptz
              AND a.attempted_at >= c.day::timestamp AT TIME ZONE 'UTC' - interval '16 hours'
              AND a.attempted_at < c.day::timestamp AT TIME ZONE 'UTC' + interval '40 hours'
              AND (a.attempted_at AT TIME ZONE z.zone)::date = c.day)
 WHERE c.is_counted
