-- Keeps what is on the wire ours, by the database's clock.
-- Parameters: $1 the lease's token. Index: deliveries_sending.
UPDATE nightshift.notification_deliveries
   SET lease_until = clock_timestamp() + interval '2 minutes'
 WHERE state = 'sending' AND lease_token = $1::text
