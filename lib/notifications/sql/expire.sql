-- What waited for too long, or is to wait for too long, is not said any more.
-- Parameters: $1 now, $2 the kinds (an array), $3 one user alone or NULL, $4 the last notification that counts.
-- Result: kind, channel, deliveries.
-- Index: deliveries_pending. Safe to repeat.
WITH late AS (
    UPDATE nightshift.notification_deliveries d
       SET state = 'skipped', reason = 'expired', settled_at = $1::timestamptz
     WHERE d.state = 'pending' AND (d.expires_at <= $1::timestamptz OR d.not_before >= d.expires_at)
       AND d.notification_id <= $4::bigint
       AND d.kind = ANY ($2::text[])
       AND ($3::text IS NULL OR d.user_id = $3::text::nightshift.user_id)
    RETURNING d.kind, d.channel)
SELECT kind, channel, count(*) AS deliveries FROM late GROUP BY 1, 2
