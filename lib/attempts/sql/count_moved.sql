-- The days of users who have moved that may have been counted in the zone before, into cells.
-- Index: active_days' primary key. Reads only.
INSERT INTO cells (user_id, day, is_counted)
SELECT d.user_id, d.day, true
  FROM moved m
  JOIN nightshift.active_days d ON d.user_id = m.user_id
 WHERE m.since > '-infinity' AND d.day >= (m.since AT TIME ZONE 'UTC')::date - 1
   AND NOT EXISTS (SELECT FROM cells c WHERE c.user_id = d.user_id AND c.day = d.day)
