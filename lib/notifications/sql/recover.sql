-- What was on the wire when its process died may have arrived: it is unknown, and never sent again.
-- Parameters: $1 now, $2 run id. Whose lease has ended is by the database's clock.
-- Result: kind, channel, deliveries. Index: deliveries_sending. Safe to repeat.
WITH lost AS (
    UPDATE nightshift.notification_deliveries d
       SET state = 'unknown', settled_at = $1::timestamptz, lease_token = NULL, lease_until = NULL
     WHERE d.state = 'sending' AND d.lease_until < clock_timestamp()
    RETURNING d.notification_id, d.ordinal, d.attempts, d.channel, d.kind),
     noted AS (
    INSERT INTO nightshift.notification_attempts (notification_id, ordinal, attempt, provider, class, why, ended_at,
                                                  run_id)
    SELECT notification_id, ordinal, attempts, '', 'unknown', 'its process died', $1::timestamptz, $2::text
      FROM lost)
SELECT kind, channel, count(*) AS deliveries FROM lost GROUP BY 1, 2
