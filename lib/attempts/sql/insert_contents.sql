-- The staged rows without an event_id: of each content as many as the table lacks to hold it as
-- often as the file does. Rows of the table that this very file's events made are not counted:
-- they are attempts of their own.
-- Index: attempts (user_id, attempted_at). Safe to repeat: the second time nothing is lacking.
WITH present AS MATERIALIZED (
    SELECT a.user_id, a.question_id, a.is_correct, a.skipped IS TRUE AS skipped, a.attempted_at,
           count(*) AS copies
      FROM public.attempts a
     WHERE EXISTS (SELECT FROM attempts_staged s
                    WHERE s.event_id IS NULL
                      AND s.user_id = a.user_id AND s.attempted_at = a.attempted_at
                      AND s.question_id = a.question_id AND s.is_correct = a.is_correct
                      AND s.skipped = (a.skipped IS TRUE))
       AND (a.event_id IS NULL
            OR NOT EXISTS (SELECT FROM attempts_staged e WHERE e.event_id = a.event_id))
     GROUP BY 1, 2, 3, 4, 5)
INSERT INTO public.attempts (user_id, question_id, is_correct, skipped, attempted_at)
SELECT s.user_id, s.question_id, s.is_correct, s.skipped, s.attempted_at
  FROM attempts_staged s
 WHERE s.event_id IS NULL
   AND NOT EXISTS (SELECT FROM present p
                    WHERE p.user_id = s.user_id AND p.attempted_at = s.attempted_at
                      AND p.question_id = s.question_id AND p.is_correct = s.is_correct
                      AND p.skipped = s.skipped)
 UNION ALL
SELECT user_id, question_id, is_correct, skipped, attempted_at
  FROM (SELECT s.*, p.copies,
               row_number() OVER (PARTITION BY user_id, attempted_at, question_id, is_correct,
                                               skipped) AS copy
          FROM attempts_staged s
          JOIN present p USING (user_id, attempted_at, question_id, is_correct, skipped)
         WHERE s.event_id IS NULL) AS numbered
 WHERE copy > copies
