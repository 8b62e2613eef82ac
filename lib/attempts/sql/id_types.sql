-- What the app's ids are: the base types of the columns that an import fills.
-- Result: one row; made: attempts.id gets a value by itself. Reads only.
SELECT max(type) FILTER (WHERE attname = 'user_id') AS user_id,
       max(type) FILTER (WHERE attname = 'question_id') AS question_id,
       max(type) FILTER (WHERE attname = 'id') AS id,
       bool_or(atthasdef OR attidentity <> '') FILTER (WHERE attname = 'id') AS made
  FROM (SELECT a.attname, a.atthasdef, a.attidentity,
               coalesce(nullif(t.typbasetype, 0), t.oid)::regtype::text AS type
          FROM pg_attribute a
          JOIN pg_type t ON t.oid = a.atttypid
         WHERE a.attrelid = 'public.attempts'::regclass
           AND a.attname IN ('id', 'user_id', 'question_id')) AS columns
