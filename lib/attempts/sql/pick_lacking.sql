-- Which staged rows without an event_id the table lacks: of each content as many as it takes to hold
-- it as often as the file does; attempts_present has what it holds.
-- Result: as many rows as the new temporary table attempts_lacking; gone with the transaction.
CREATE TEMPORARY TABLE attempts_lacking ON COMMIT DROP AS
SELECT s.line
  FROM attempts_staged s
 WHERE s.event_id IS NULL
   AND NOT EXISTS (SELECT FROM attempts_present p
                    WHERE p.user_id = s.user_id AND p.attempted_at = s.attempted_at
                      AND p.question_id = s.question_id AND p.is_correct = s.is_correct
                      AND p.skipped = s.skipped)
 UNION ALL
SELECT line
  FROM (SELECT s.line, p.copies,
               row_number() OVER (PARTITION BY user_id, attempted_at, question_id, is_correct,
                                               skipped) AS copy
          FROM attempts_staged s
          JOIN attempts_present p USING (user_id, attempted_at, question_id, is_correct, skipped)
         WHERE s.event_id IS NULL) AS numbered
 WHERE copy > copies
