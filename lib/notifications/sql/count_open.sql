-- What is still to be sent, or on its way, and whether some of it is too late.
-- Parameters: $1 the kinds (a JSON array), $2 one user alone or NULL, $3 the last notification that counts, $4 now.
-- Result: one row; deliveries, are_some_late. Index: deliveries_pending, deliveries_sending. Reads only.
WITH kinds AS (SELECT array_agg(value) AS names FROM jsonb_array_elements_text($1::jsonb)),
     pending AS (
    SELECT count(*) AS deliveries,
           bool_or(d.expires_at <= $4::timestamptz OR d.not_before >= d.expires_at) AS are_some_late
      FROM kinds k
      JOIN nightshift.notification_deliveries d ON d.state = 'pending' AND d.kind = ANY (k.names)
     WHERE d.notification_id <= $3::bigint AND ($2::text IS NULL OR d.user_id = $2::text::nightshift.user_id)),
     sending AS (
    SELECT count(*) AS deliveries
      FROM kinds k
      JOIN nightshift.notification_deliveries d ON d.state = 'sending' AND d.kind = ANY (k.names)
     WHERE d.notification_id <= $3::bigint AND ($2::text IS NULL OR d.user_id = $2::text::nightshift.user_id))
SELECT p.deliveries + s.deliveries AS deliveries, p.are_some_late IS TRUE AS are_some_late
  FROM pending p
 CROSS JOIN sending s
