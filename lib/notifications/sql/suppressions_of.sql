-- Suppressed addresses that these notifications were for.
-- Parameters: $1 notification ids (a JSON array). Result: one row. Index: primary keys. Reads only.
SELECT count(DISTINCT (s.channel, s.address)) AS kept
  FROM nightshift.notification_deliveries d
  JOIN nightshift.suppressions s ON s.channel = d.channel AND s.address = lower(d.address)
 WHERE d.notification_id IN (SELECT value::bigint FROM jsonb_array_elements_text($1::jsonb))
