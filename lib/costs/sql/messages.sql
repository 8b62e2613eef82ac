-- What providers have taken of messages in a time: each call that was accepted or may have been, by what they bill, and
-- the days' sums of what was pruned, of which the kind is not known.
-- Parameters: $1 from, $2 to (UTC midnights), exclusive; $3 by day, $4 by kind; $5 currency. Result: provider, item
-- (sms/KE, email), quantity, messages that were accepted (null: not all are known), saved by those that stood for SMS,
-- in this currency; day and kind where they are asked for and known.
-- Index: attempts_ended, deliveries' and quantities' primary keys. Reads only.
SELECT m.provider, m.item, m.day, m.kind, trim_scale(sum(m.quantity)) AS quantity,
       CASE WHEN count(*) = count(m.messages) THEN sum(m.messages) END AS messages, trim_scale(sum(m.saved)) AS saved
  FROM (SELECT a.provider, a.item, CASE WHEN $3::boolean THEN (a.ended_at AT TIME ZONE 'UTC')::date END AS day,
               NULL::text AS kind, sum(coalesce(a.units, 1)) AS quantity,
               count(*) FILTER (WHERE a.class = 'accepted') AS messages,
               coalesce(sum(a.saved) FILTER (WHERE a.currency = $5::text), 0) AS saved
          FROM nightshift.notification_attempts a
         WHERE NOT $4::boolean AND a.ended_at >= $1::timestamptz AND a.ended_at < $2::timestamptz
           AND a.class IN ('accepted', 'unknown') AND a.item IS NOT NULL
         GROUP BY 1, 2, 3
        UNION ALL
        SELECT a.provider, a.item, CASE WHEN $3::boolean THEN (a.ended_at AT TIME ZONE 'UTC')::date END, d.kind,
               sum(coalesce(a.units, 1)), count(*) FILTER (WHERE a.class = 'accepted'),
               coalesce(sum(a.saved) FILTER (WHERE a.currency = $5::text), 0)
          FROM nightshift.notification_attempts a
          LEFT JOIN nightshift.notification_deliveries d USING (notification_id, ordinal)
         WHERE $4::boolean AND a.ended_at >= $1::timestamptz AND a.ended_at < $2::timestamptz
           AND a.class IN ('accepted', 'unknown') AND a.item IS NOT NULL
         GROUP BY 1, 2, 3, 4
        UNION ALL
        SELECT service, item, CASE WHEN $3::boolean THEN day END, NULL, sum(quantity),
               CASE WHEN count(*) = count(messages) THEN sum(messages) END,
               coalesce(sum(saved) FILTER (WHERE currency = $5::text), 0)
          FROM nightshift.quantities
         WHERE day >= ($1::timestamptz AT TIME ZONE 'UTC')::date AND day < ($2::timestamptz AT TIME ZONE 'UTC')::date
           AND noted_at IS NULL
         GROUP BY 1, 2, 3) AS m
 GROUP BY m.provider, m.item, m.day, m.kind
 ORDER BY m.provider, m.item, m.day, m.kind
