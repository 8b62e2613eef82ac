-- What is still to be sent, or on its way.
-- Parameters: $1 the kinds (a JSON array), $2 one user alone or NULL.
-- Result: one row. Index: deliveries_pending, deliveries_sending. Reads only.
SELECT count(*) AS deliveries
  FROM nightshift.notification_deliveries d
 WHERE d.state IN ('pending', 'sending') AND d.kind IN (SELECT jsonb_array_elements_text($1::jsonb))
   AND ($2::text IS NULL OR d.user_id = $2::text::nightshift.user_id)
