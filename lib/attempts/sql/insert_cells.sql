-- Adds the cells to active_days that it has not; the others are to be counted again.
-- Index: active_days' primary key.
WITH added AS (
    INSERT INTO nightshift.active_days (user_id, day, attempts, correct, first_at, last_at)
    SELECT user_id, day, attempts, correct, first_at, last_at FROM cells WHERE NOT is_counted
     ORDER BY user_id
        ON CONFLICT DO NOTHING
    RETURNING user_id, day)
UPDATE cells c
   SET is_counted = true
 WHERE NOT is_counted
   AND NOT EXISTS (SELECT FROM added a WHERE a.user_id = c.user_id AND a.day = c.day)
