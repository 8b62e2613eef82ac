-- Gives back deliveries that were taken and never sent.
-- Parameters: $1 JSON: number, ordinal; $2 the lease's token, $3 not before. Index: primary key.
UPDATE nightshift.notification_deliveries d
   SET state = 'pending', attempts = d.attempts - 1, not_before = greatest(d.not_before, $3::timestamptz),
       lease_token = NULL, lease_until = NULL
  FROM jsonb_to_recordset($1::jsonb) AS r (number bigint, ordinal smallint)
 WHERE d.notification_id = r.number AND d.ordinal = r.ordinal AND d.lease_token = $2::text
