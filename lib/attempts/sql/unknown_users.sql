-- Users that the staged rows name and the table lacks.
-- Result: one row; how many, the first of them, and its line. Index: users' primary key.
WITH named AS (SELECT user_id, min(line) AS line FROM attempts_staged GROUP BY user_id),
     unknown AS (SELECT n.user_id, n.line FROM named n
                  WHERE NOT EXISTS (SELECT FROM public.users u WHERE u.id = n.user_id))
SELECT count(*) AS unknown, (array_agg(user_id::text ORDER BY line))[1] AS first_id,
       min(line) AS line
  FROM unknown
