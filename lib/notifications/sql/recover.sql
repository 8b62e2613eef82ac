-- What was on the wire when its process died may have arrived: it is unknown, and never sent again. What it has
-- reserved counts as spent.
-- Parameters: $1 now, $2 run id, $3 one user alone or NULL. Whose lease has ended is by the database's clock.
-- Result: kind, channel, deliveries. Index: deliveries_sending. Safe to repeat.
WITH lost AS (
    UPDATE nightshift.notification_deliveries d
       SET state = 'unknown', settled_at = $1::timestamptz, lease_token = NULL, lease_until = NULL
     WHERE d.state = 'sending' AND d.lease_until < clock_timestamp()
       AND ($3::text IS NULL OR d.user_id = $3::text::nightshift.user_id)
    RETURNING d.notification_id, d.ordinal, d.attempts, d.channel, d.kind),
     spent AS (
    DELETE FROM nightshift.message_reservations m
     USING lost l
     WHERE m.notification_id = l.notification_id AND m.ordinal = l.ordinal
    RETURNING m.*),
     noted AS (
    INSERT INTO nightshift.notification_attempts (notification_id, ordinal, attempt, provider, class, why, item, units,
                                                  cost, currency, ended_at, run_id)
    SELECT l.notification_id, l.ordinal, l.attempts, coalesce(s.provider, ''), 'unknown', 'its process died',
           coalesce(s.item, l.channel), coalesce(s.units, 1), coalesce(s.cost, 0), s.currency, $1::timestamptz,
           $2::text
      FROM lost l
      LEFT JOIN spent s ON s.notification_id = l.notification_id AND s.ordinal = l.ordinal)
SELECT kind, channel, count(*) AS deliveries FROM lost GROUP BY 1, 2
