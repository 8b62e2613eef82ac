-- Counts every attempt up to the as-of into cells, from the truth; what is dated after it waits.
-- Parameters: $1 as-of. Index: none, all attempts are read (9 s for 10 million). Safe to repeat.
WITH forgotten AS (
    DELETE FROM nightshift.arrivals_pending),
     waiting AS (
    INSERT INTO nightshift.arrivals_pending (user_id, attempted_at, is_correct)
    SELECT user_id, attempted_at, is_correct
      FROM public.attempts
     WHERE attempted_at > $1::timestamptz AND skipped IS NOT TRUE AND user_id IS NOT NULL)
INSERT INTO cells (user_id, day, attempts, correct, first_at, last_at, is_counted)
SELECT a.user_id, (a.attempted_at AT TIME ZONE z.zone)::date, count(*),
       count(*) FILTER (WHERE a.is_correct), min(a.attempted_at), max(a.attempted_at), true
  FROM public.attempts a
  JOIN nightshift.user_zones z
    ON z.user_id = a.user_id AND z.valid_from <= a.attempted_at AND z.valid_until > a.attempted_at
 WHERE a.skipped IS NOT TRUE AND a.attempted_at BETWEEN '1900-01-01Z' AND $1::timestamptz
 GROUP BY 1, 2
