-- One user. Parameters: $1 id, of the column's own type as in names.sql. Result: the id as it is
-- written, and the name; no row where there is no such user. Index: users' primary key. Reads only.
SELECT id::text AS id, name, pg_typeof(id) IN ('bigint'::regtype, 'integer'::regtype,
                                               'smallint'::regtype) AS numeric_id
  FROM public.users
 WHERE id = $1
