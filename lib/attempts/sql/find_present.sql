-- What the table already holds of the staged contents without an event_id, and how often. Rows
-- that this very file's events made are not counted: they are attempts of their own.
-- Result: as many rows as the new temporary table attempts_present; gone with the transaction.
-- Index: attempts (user_id, attempted_at).
CREATE TEMPORARY TABLE attempts_present ON COMMIT DROP AS
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
 GROUP BY 1, 2, 3, 4, 5
