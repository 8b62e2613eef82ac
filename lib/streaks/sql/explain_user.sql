-- What the app reads of one user's streak, and what an app had counted before the first pass.
-- Parameters: $1 user id. Result: one row, or none for an unknown user; times in Unix microseconds.
-- Index: users' primary key. Reads only.
SELECT u.name, u.timezone, u.study_streak,
       (extract(epoch FROM u.last_activity_date) * 1000000)::bigint AS last_activity,
       (SELECT count(*) FROM nightshift.arrivals_pending p WHERE p.user_id = u.id) AS future_attempts,
       k.day::text AS known_day, k.length AS known_length
  FROM public.users u
  LEFT JOIN nightshift.streak_baselines k ON k.user_id = u.id
 WHERE u.id = $1::text::nightshift.user_id
