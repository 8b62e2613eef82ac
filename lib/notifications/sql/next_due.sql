-- When the next delivery falls due that waits, in the near future.
-- Parameters: $1 channel, $2 now, $3 until, $4 the kinds that may go (an array), $5 one user alone or NULL.
-- Result: one row; Unix microseconds or NULL. Index: deliveries_pending, from its place in each priority. Reads only.
SELECT (extract(epoch FROM min(d.not_before)) * 1000000)::bigint AS next_due
  FROM (VALUES (1::smallint), (2), (3)) AS p (priority)
  JOIN nightshift.notification_deliveries d ON d.priority = p.priority
 WHERE d.state = 'pending' AND d.channel = $1::text AND d.not_before > $2::timestamptz
   AND d.not_before <= $3::timestamptz AND d.expires_at > d.not_before
   AND d.kind = ANY ($4::text[])
   AND ($5::text IS NULL OR d.user_id = $5::text::nightshift.user_id)
