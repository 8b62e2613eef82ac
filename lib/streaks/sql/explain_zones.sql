-- The zones that one user's days were counted in, the latest first.
-- Parameters: $1 user id. Result: zone, named, is_valid, and since (Unix microseconds; NULL: since ever).
-- Index: user_zones' primary key. Reads only.
SELECT zone, named, is_valid,
       CASE WHEN valid_from > '-infinity' THEN (extract(epoch FROM valid_from) * 1000000)::bigint END AS since
  FROM nightshift.user_zones
 WHERE user_id = $1::text::nightshift.user_id
 ORDER BY valid_from DESC
