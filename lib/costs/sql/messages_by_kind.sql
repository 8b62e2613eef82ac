-- As messages.sql, by kind, and by day (UTC) where that is asked for; of what has no delivery the kind is not known.
-- Parameters: $1 from, $2 to, exclusive; $3 currency; $4 by day. Index: attempts_ended, deliveries' primary key.
-- Reads only.
SELECT a.provider, a.item, CASE WHEN $4::boolean THEN (a.ended_at AT TIME ZONE 'UTC')::date END AS day, d.kind,
       sum(coalesce(a.units, 1)) AS quantity,
       count(*) FILTER (WHERE a.class = 'accepted') AS messages,
       trim_scale(coalesce(sum(a.saved) FILTER (WHERE a.currency = $3::text), 0)) AS saved
  FROM nightshift.notification_attempts a
  LEFT JOIN nightshift.notification_deliveries d USING (notification_id, ordinal)
 WHERE a.ended_at >= $1::timestamptz AND a.ended_at < $2::timestamptz
   AND (a.class = 'accepted' OR a.class = 'unknown') AND a.item IS NOT NULL
 GROUP BY 1, 2, 3, 4
 ORDER BY 1, 2, 3, 4
