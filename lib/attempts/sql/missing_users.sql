-- The users that the staged rows name and the table lacks, to be created.
-- Result: as many rows as the new temporary table users_missing; gone with the transaction.
-- Index: users' primary key, or for many rows a hash of all its ids.
CREATE TEMPORARY TABLE users_missing ON COMMIT DROP AS
SELECT named.user_id AS id, 'user ' || named.user_id AS name
  FROM (SELECT DISTINCT user_id FROM attempts_staged) AS named
 WHERE NOT EXISTS (SELECT FROM public.users u WHERE u.id = named.user_id)
