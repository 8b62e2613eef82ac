-- The names of some users.
-- Parameters: $1 their ids, an array of the column's own type: any other, or another collation, and
--             the index would not serve. Result: id, name; no row for an id that does not exist.
-- Index: users' primary key. Reads only.
SELECT id::text AS id, name
  FROM public.users
 WHERE id = ANY ($1)
