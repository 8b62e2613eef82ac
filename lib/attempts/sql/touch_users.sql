-- Remembers whose days, zone or row have changed, until somebody has judged what follows from it.
-- Parameters: $1 whether silently.
-- Result: the number of users. Index: primary keys. Safe to repeat.
INSERT INTO nightshift.touched_users (user_id, silent)
SELECT user_id, $1::boolean FROM cells
UNION
SELECT user_id, $1::boolean FROM moved WHERE since > '-infinity'
UNION
SELECT l.id, $1::boolean
  FROM looked_at l
 WHERE l.is_rewritten
   AND (l.study_streak <> 0 OR l.last_activity_date IS NOT NULL
        OR EXISTS (SELECT FROM nightshift.active_days d WHERE d.user_id = l.id))
    ON CONFLICT DO NOTHING
