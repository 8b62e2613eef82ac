-- One user. Parameters: $1 id, of the column's own type as in names.sql. Result: the id as it is
-- written, and the name; no row where there is no such user. Index: users' primary key. Reads only.
SELECT id::text AS id, name, jsonb_typeof(to_jsonb(id)) = 'number' AS numeric_id
  FROM public.users
 WHERE id = $1
