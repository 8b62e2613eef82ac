-- The zones of the users who have fresh attempts, into spans.
-- Index: user_zones' primary key. Reads only.
INSERT INTO spans (user_id, valid_from, valid_until, zone)
SELECT f.user_id, z.valid_from, z.valid_until, z.zone
  FROM (SELECT DISTINCT user_id FROM fresh) AS f
  JOIN nightshift.user_zones z ON z.user_id = f.user_id
