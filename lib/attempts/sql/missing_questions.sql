-- The questions that the staged rows name and the table lacks, to be created.
-- Result: as many rows as the new temporary table questions_missing; gone with the transaction.
-- Index: questions' primary key, or for many rows a hash of all its ids.
CREATE TEMPORARY TABLE questions_missing ON COMMIT DROP AS
SELECT named.question_id AS id
  FROM (SELECT DISTINCT question_id FROM attempts_staged) AS named
 WHERE NOT EXISTS (SELECT FROM public.questions q WHERE q.id = named.question_id)
