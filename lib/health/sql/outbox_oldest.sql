-- How long the message waits that should have gone first; what has expired waits no more.
-- Result: one row; value (s), said. By the database's clock. Index: deliveries_pending, the first of each channel and
-- priority. Reads only.
WITH oldest AS (
    SELECT d.kind, f.channel, extract(epoch FROM clock_timestamp() - d.not_before)::float8 AS seconds
      FROM (VALUES ('push'), ('sms'), ('email')) AS f (channel)
     CROSS JOIN (VALUES (1::smallint), (2), (3)) AS p (priority)
     CROSS JOIN LATERAL (
        SELECT kind, not_before
          FROM nightshift.notification_deliveries
         WHERE state = 'pending' AND channel = f.channel AND priority = p.priority AND not_before <= clock_timestamp()
           AND expires_at > clock_timestamp()
         ORDER BY not_before
         LIMIT 1) AS d
     ORDER BY 3 DESC
     LIMIT 1)
SELECT coalesce(o.seconds, 0) AS value,
       CASE WHEN o.kind IS NULL THEN 'nothing waits'
            ELSE format('a %s by %s waits for %s s', o.kind, o.channel, round(o.seconds::numeric)) END AS said
  FROM (SELECT) AS one
  LEFT JOIN oldest o ON true
