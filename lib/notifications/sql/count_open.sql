-- What is still to be sent, or on its way.
-- Parameters: $1 the kinds (a JSON array), $2 one user alone or NULL, $3 the last notification that counts.
-- Result: one row. Index: deliveries_pending, deliveries_sending. Reads only.
WITH kinds AS (SELECT array_agg(value) AS names FROM jsonb_array_elements_text($1::jsonb))
SELECT (SELECT count(*)
          FROM nightshift.notification_deliveries d
         WHERE d.state = 'pending' AND d.kind = ANY (k.names) AND d.notification_id <= $3::bigint
           AND ($2::text IS NULL OR d.user_id = $2::text::nightshift.user_id))
       + (SELECT count(*)
            FROM nightshift.notification_deliveries d
           WHERE d.state = 'sending' AND d.kind = ANY (k.names) AND d.notification_id <= $3::bigint
             AND ($2::text IS NULL OR d.user_id = $2::text::nightshift.user_id)) AS deliveries
  FROM kinds k
