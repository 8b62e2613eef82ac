-- Gives back deliveries that this run has taken and does not know of: the answer to the commit that took them was
-- lost, and none of them was ever on the wire.
-- Parameters: $1 those that it knows of (JSON: number, ordinal), $2 the lease's token. Result: number, ordinal.
-- Index: deliveries_sending. Safe to repeat.
UPDATE nightshift.notification_deliveries d
   SET state = 'pending', attempts = d.attempts - 1, lease_token = NULL, lease_until = NULL
 WHERE d.state = 'sending' AND d.lease_token = $2::text
   AND NOT EXISTS (SELECT
                     FROM jsonb_to_recordset($1::jsonb) AS r (number bigint, ordinal smallint)
                    WHERE r.number = d.notification_id AND r.ordinal = d.ordinal)
RETURNING d.notification_id AS number, d.ordinal
