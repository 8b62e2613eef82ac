-- Takes back what waits.
-- Parameters: $1 delivery (123.1), or notification (123), or NULL, $2 kind or NULL, $3 user or NULL, $4 now.
-- Result: one row, how many. Index: deliveries_pending. What is on its way is left alone. Safe to repeat.
WITH cancelled AS (
    UPDATE nightshift.notification_deliveries d
       SET state = 'skipped', reason = 'cancelled', settled_at = $4::timestamptz
     WHERE d.state = 'pending'
       AND ($1::text IS NULL OR d.notification_id::text = $1::text OR d.notification_id || '.' || d.ordinal = $1::text)
       AND ($2::text IS NULL OR d.kind = $2::text) AND ($3::text IS NULL OR d.user_id = $3::text::nightshift.user_id)
    RETURNING 1)
SELECT count(*) AS deliveries FROM cancelled
