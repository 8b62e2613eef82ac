-- The names of some users.
-- Parameters: $1 their ids. Result: id, name; no row for an id that does not exist.
-- Index: users' primary key. Reads only.
SELECT id::text AS id, name
  FROM public.users
 WHERE id = ANY ($1::text::nightshift.user_id[])
