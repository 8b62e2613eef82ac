-- What was on the wire when its process died may have arrived: it is unknown, and never sent again.
-- Parameters: $1 now, $2 run id. Whose lease has ended is by the database's clock.
-- Result: one row, how many. Index: deliveries_sending. Safe to repeat.
WITH lost AS (
    UPDATE nightshift.notification_deliveries
       SET state = 'unknown', settled_at = $1::timestamptz, lease_token = NULL, lease_until = NULL
     WHERE state = 'sending' AND lease_until < clock_timestamp()
    RETURNING notification_id, ordinal, attempts, channel),
     noted AS (
    INSERT INTO nightshift.notification_attempts (notification_id, ordinal, attempt, provider, class, why, ended_at,
                                                  run_id)
    SELECT notification_id, ordinal, attempts, '', 'unknown', 'its process died', $1::timestamptz, $2::text
      FROM lost)
SELECT count(*) AS lost FROM lost
