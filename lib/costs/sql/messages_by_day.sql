-- As messages.sql, by day (UTC).
-- Parameters: $1 from, $2 to, exclusive; $3 currency. Index: attempts_ended. Reads only.
SELECT a.provider, a.item, (a.ended_at AT TIME ZONE 'UTC')::date AS day, NULL::text AS kind,
       sum(coalesce(a.units, 1)) AS quantity,
       count(*) FILTER (WHERE a.class = 'accepted') AS messages,
       trim_scale(coalesce(sum(a.saved) FILTER (WHERE a.currency = $3::text), 0)) AS saved
  FROM nightshift.notification_attempts a
 WHERE a.ended_at >= $1::timestamptz AND a.ended_at < $2::timestamptz
   AND (a.class = 'accepted' OR a.class = 'unknown') AND a.item IS NOT NULL
 GROUP BY 1, 2, 3
 ORDER BY 1, 2, 3
