-- Some users whose zone is none.
-- Result: at most five rows: user_id, named. Index: user_zones where not valid. Reads only.
SELECT user_id::text AS user_id, named
  FROM nightshift.user_zones
 WHERE NOT is_valid AND valid_until = 'infinity'
 ORDER BY user_id
 LIMIT 5
