-- The next users to judge, into batch, with the day since when theirs are read: two weeks back, which tells
-- nearly always.
-- Parameters: $1 the last one of the batch before, or NULL; $2 how many at most; $3 as-of.
-- Result: how many, and the last. Index: touched_users' primary key. Reads only.
WITH taken AS (
    INSERT INTO batch (user_id, silent, since)
    SELECT user_id, silent,
           CASE WHEN silent THEN '-infinity' ELSE ($3::timestamptz AT TIME ZONE 'UTC')::date - 15 END
      FROM nightshift.touched_users
     WHERE $1::text IS NULL OR user_id > $1::text::nightshift.user_id
     ORDER BY user_id
     LIMIT $2::bigint
    RETURNING user_id)
SELECT count(*) OVER () AS users, user_id::text AS last
  FROM taken
 ORDER BY user_id DESC
 LIMIT 1
