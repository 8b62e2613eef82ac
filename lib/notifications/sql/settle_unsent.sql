-- Ends deliveries that were taken and never sent: over budget, unpriced, or with a text that cannot be made.
-- Parameters: $1 JSON: number, ordinal, state, reason; $2 the lease's token, $3 now. Index: primary key.
UPDATE nightshift.notification_deliveries d
   SET state = r.state, reason = r.reason, settled_at = $3::timestamptz, attempts = d.attempts - 1,
       lease_token = NULL, lease_until = NULL
  FROM jsonb_to_recordset($1::jsonb) AS r (number bigint, ordinal smallint, state text, reason text)
 WHERE d.notification_id = r.number AND d.ordinal = r.ordinal AND d.lease_token = $2::text
