-- What the app's ids are: the base types of the columns that an import fills.
-- Result: one row; made: attempts.id gets a value by itself. Reads only.
WITH RECURSIVE columns AS (
    SELECT attname, atthasdef OR attidentity <> '' AS made, atttypid AS base
      FROM pg_attribute
     WHERE attrelid = 'public.attempts'::regclass AND attname IN ('id', 'user_id', 'question_id')
     UNION ALL
    SELECT attname, made, t.typbasetype
      FROM columns
      JOIN pg_type t ON t.oid = base AND t.typtype = 'd')
SELECT max(base::regtype::text) FILTER (WHERE attname = 'user_id') AS user_id,
       max(base::regtype::text) FILTER (WHERE attname = 'question_id') AS question_id,
       max(base::regtype::text) FILTER (WHERE attname = 'id') AS id,
       bool_or(made) FILTER (WHERE attname = 'id') AS made
  FROM columns
  JOIN pg_type t ON t.oid = base AND t.typtype <> 'd'
