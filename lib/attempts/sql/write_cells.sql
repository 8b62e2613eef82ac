-- Replaces what was counted again in active_days; what is the same is not written.
-- Index: active_days' primary key. Safe to repeat.
WITH emptied AS (
    DELETE FROM nightshift.active_days d
     USING cells c
     WHERE c.is_counted AND c.attempts = 0 AND d.user_id = c.user_id AND d.day = c.day)
INSERT INTO nightshift.active_days AS d (user_id, day, attempts, correct, first_at, last_at)
SELECT user_id, day, attempts, correct, first_at, last_at
  FROM cells
 WHERE is_counted AND attempts > 0
    ON CONFLICT (user_id, day) DO UPDATE
   SET attempts = excluded.attempts, correct = excluded.correct, first_at = excluded.first_at,
       last_at = excluded.last_at
 WHERE (d.attempts, d.correct, d.first_at, d.last_at)
       <> (excluded.attempts, excluded.correct, excluded.first_at, excluded.last_at)
