-- The staged rows in attempts_lacking, in the file's order.
-- Runs with the app's search_path, for its triggers: only what no function or operator of theirs could
-- stand in for.
INSERT INTO pg_temp.attempts_target (user_id, question_id, is_correct, skipped, attempted_at)
SELECT user_id, question_id, is_correct, skipped, attempted_at
  FROM pg_temp.attempts_staged
 WHERE line IN (SELECT line FROM pg_temp.attempts_lacking)
