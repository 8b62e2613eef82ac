-- What the app reads of one user's streak, and what an app had counted before the first pass.
-- Parameters: $1 user id. Result: one row, or none for an unknown user; times in Unix microseconds. has_moved:
-- no pass has seen the timezone yet.
-- Index: users' primary key. Reads only.
SELECT u.name, u.timezone, u.study_streak,
       CASE WHEN u.last_activity_date BETWEEN '0001-01-01Z' AND '9999-12-31Z'
            THEN (extract(epoch FROM u.last_activity_date) * 1000000)::bigint END AS last_activity,
       (SELECT count(*) FROM nightshift.arrivals_pending p WHERE p.user_id = u.id) AS future_attempts,
       k.day::text AS known_day, k.length AS known_length,
       EXISTS (SELECT
                 FROM nightshift.user_zones z
                WHERE z.user_id = u.id AND z.valid_until = 'infinity'
                  AND z.named IS DISTINCT FROM u.timezone) AS has_moved
  FROM public.users u
  LEFT JOIN nightshift.streak_baselines k ON k.user_id = u.id
 WHERE u.id = $1::text::nightshift.user_id
