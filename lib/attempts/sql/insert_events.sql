-- The staged rows that have an event_id, each event once; in the file's order, so that the first
-- of two wins. Index: attempts (event_id) where event_id is not null. Safe to repeat.
INSERT INTO pg_temp.attempts_target (user_id, question_id, is_correct, skipped, attempted_at, event_id)
SELECT user_id, question_id, is_correct, skipped, attempted_at, event_id
  FROM pg_temp.attempts_staged
 WHERE event_id IS NOT NULL
 ORDER BY line
ON CONFLICT (event_id) WHERE event_id IS NOT NULL DO NOTHING
