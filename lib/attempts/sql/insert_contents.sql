-- The staged rows without an event_id: of each content as many as the table lacks to hold it as
-- often as the file does; attempts_present has what it holds.
-- Safe to repeat: the second time nothing is lacking.
INSERT INTO attempts_target (user_id, question_id, is_correct, skipped, attempted_at)
SELECT s.user_id, s.question_id, s.is_correct, s.skipped, s.attempted_at
  FROM attempts_staged s
 WHERE s.event_id IS NULL
   AND NOT EXISTS (SELECT FROM attempts_present p
                    WHERE p.user_id = s.user_id AND p.attempted_at = s.attempted_at
                      AND p.question_id = s.question_id AND p.is_correct = s.is_correct
                      AND p.skipped = s.skipped)
 UNION ALL
SELECT user_id, question_id, is_correct, skipped, attempted_at
  FROM (SELECT s.*, p.copies,
               row_number() OVER (PARTITION BY user_id, attempted_at, question_id, is_correct,
                                               skipped) AS copy
          FROM attempts_staged s
          JOIN attempts_present p USING (user_id, attempted_at, question_id, is_correct, skipped)
         WHERE s.event_id IS NULL) AS numbered
 WHERE copy > copies
