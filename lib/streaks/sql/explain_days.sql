-- One user's days, the latest first: what attempts say, beside what passes have counted.
-- Parameters: $1 user id, $2 as-of, $3 how many at most.
-- Result: day, zone (of its last attempt), attempts, correct, first_at and last_at (Unix microseconds), and
--         counted: the attempts that active_days has.
-- Index: attempts (user_id, attempted_at), the primary keys. Reads only.
SELECT coalesce(truth.day, d.day)::text AS day, truth.zone, coalesce(truth.attempts, 0) AS attempts,
       coalesce(truth.correct, 0) AS correct, coalesce(d.attempts, 0) AS counted,
       (extract(epoch FROM coalesce(truth.first_at, d.first_at)) * 1000000)::bigint AS first_at,
       (extract(epoch FROM coalesce(truth.last_at, d.last_at)) * 1000000)::bigint AS last_at
  FROM (SELECT (a.attempted_at AT TIME ZONE z.zone)::date AS day, max(z.zone) AS zone, count(*) AS attempts,
               count(*) FILTER (WHERE a.is_correct) AS correct, min(a.attempted_at) AS first_at,
               max(a.attempted_at) AS last_at
          FROM public.attempts a
          JOIN nightshift.user_zones z
            ON z.user_id = a.user_id AND z.valid_from <= a.attempted_at AND z.valid_until > a.attempted_at
         WHERE a.user_id = $1::text::nightshift.user_id AND a.skipped IS NOT TRUE
           AND a.attempted_at BETWEEN '1900-01-01Z' AND $2::timestamptz
         GROUP BY 1) AS truth
  FULL JOIN (SELECT * FROM nightshift.active_days WHERE user_id = $1::text::nightshift.user_id) AS d
    ON d.day = truth.day
 ORDER BY 1 DESC
 LIMIT $3::bigint
