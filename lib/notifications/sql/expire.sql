-- What waited for too long is not said any more.
-- Parameters: $1 now. Result: kind, channel, deliveries. Index: deliveries_pending. Safe to repeat.
WITH late AS (
    UPDATE nightshift.notification_deliveries
       SET state = 'skipped', reason = 'expired', settled_at = $1::timestamptz
     WHERE state = 'pending' AND expires_at <= $1::timestamptz
    RETURNING notification_id, channel)
SELECT n.kind, l.channel, count(*) AS deliveries
  FROM late l
  JOIN nightshift.notifications n ON n.notification_id = l.notification_id
 GROUP BY 1, 2
