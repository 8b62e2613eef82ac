-- Staged events whose stored attempt has another content: the first one won.
-- Result: how many. Index: attempts (event_id) where event_id is not null. Reads only.
SELECT count(*) AS conflicting
  FROM attempts_staged s
  JOIN public.attempts a ON a.event_id = s.event_id
 WHERE (a.user_id, a.question_id, a.is_correct, a.skipped IS TRUE, a.attempted_at)
       IS DISTINCT FROM (s.user_id, s.question_id, s.is_correct, s.skipped, s.attempted_at)
