-- The staged rows without an event_id, where attempts_present is empty: all are new, and nothing
-- need be compared. In the file's order.
INSERT INTO pg_temp.attempts_target (user_id, question_id, is_correct, skipped, attempted_at)
SELECT user_id, question_id, is_correct, skipped, attempted_at
  FROM pg_temp.attempts_staged
 WHERE event_id IS NULL
