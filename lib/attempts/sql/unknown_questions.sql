-- Questions that the staged rows name and the table lacks.
-- Result: one row; how many, the first of them, and its line. Index: questions' primary key.
WITH named AS (SELECT question_id, min(line) AS line FROM attempts_staged GROUP BY question_id),
     unknown AS (SELECT n.question_id, n.line FROM named n
                  WHERE NOT EXISTS (SELECT FROM public.questions q WHERE q.id = n.question_id))
SELECT count(*) AS unknown, (array_agg(question_id::text ORDER BY line))[1] AS first_id,
       min(line) AS line
  FROM unknown
