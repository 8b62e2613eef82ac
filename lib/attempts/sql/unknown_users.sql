-- Users that the staged rows name and the table lacks.
-- Result: one row; how many, the first of them, and its line. Index: users' primary key, or for
-- many rows a hash of all its ids. Only the rows that miss are counted and sorted.
SELECT count(DISTINCT s.user_id) AS unknown,
       (array_agg(s.user_id::text ORDER BY s.line))[1] AS first_id,
       min(s.line) AS line
  FROM attempts_staged s
 WHERE NOT EXISTS (SELECT FROM public.users u WHERE u.id = s.user_id)
