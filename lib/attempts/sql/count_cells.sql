-- The days that fresh attempts fall on, each in the zone in force at the attempt, into cells; with
-- whether active_days has that day already (is_counted).
-- Index: active_days' primary key. Reads only.
INSERT INTO cells (user_id, day, attempts, correct, first_at, last_at, is_counted)
SELECT c.*, d.day IS NOT NULL
  FROM (SELECT f.user_id, (f.attempted_at AT TIME ZONE z.zone)::date AS day, count(*) AS attempts,
               count(*) FILTER (WHERE f.is_correct) AS correct, min(f.attempted_at) AS first_at,
               max(f.attempted_at) AS last_at
          FROM fresh f
          JOIN spans z
            ON z.user_id = f.user_id AND z.valid_from <= f.attempted_at AND z.valid_until > f.attempted_at
         GROUP BY 1, 2) AS c
  LEFT JOIN nightshift.active_days d ON d.user_id = c.user_id AND d.day = c.day
