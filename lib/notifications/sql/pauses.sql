-- What is held back. Result: what, since (Unix microseconds), by whom. Reads only.
SELECT what, (extract(epoch FROM since) * 1000000)::bigint AS since, by
  FROM nightshift.notification_pauses
 ORDER BY what
