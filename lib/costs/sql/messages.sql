-- What providers have taken of messages in a time: each call that was accepted or may have been, by what they bill, and
-- the days' sums of what was pruned, of which the kind is not known.
-- Parameters: $1 from, $2 to (UTC midnights), exclusive; $3 by day, $4 by kind. Result: provider, item (sms/KE, email),
-- quantity; day and kind where they are asked for and known. Index: attempts_ended, deliveries' and quantities' primary
-- keys. Reads only.
SELECT m.provider, m.item, m.day, m.kind, trim_scale(sum(m.quantity)) AS quantity
  FROM (SELECT a.provider, a.item, CASE WHEN $3::boolean THEN (a.ended_at AT TIME ZONE 'UTC')::date END AS day,
               NULL::text AS kind, sum(coalesce(a.units, 1)) AS quantity
          FROM nightshift.notification_attempts a
         WHERE NOT $4::boolean AND a.ended_at >= $1::timestamptz AND a.ended_at < $2::timestamptz
           AND a.class IN ('accepted', 'unknown') AND a.item IS NOT NULL
         GROUP BY 1, 2, 3
        UNION ALL
        SELECT a.provider, a.item, CASE WHEN $3::boolean THEN (a.ended_at AT TIME ZONE 'UTC')::date END, d.kind,
               sum(coalesce(a.units, 1))
          FROM nightshift.notification_attempts a
          JOIN nightshift.notification_deliveries d USING (notification_id, ordinal)
         WHERE $4::boolean AND a.ended_at >= $1::timestamptz AND a.ended_at < $2::timestamptz
           AND a.class IN ('accepted', 'unknown') AND a.item IS NOT NULL
         GROUP BY 1, 2, 3, 4
        UNION ALL
        SELECT service, item, CASE WHEN $3::boolean THEN day END, NULL, sum(quantity)
          FROM nightshift.quantities
         WHERE day >= ($1::timestamptz AT TIME ZONE 'UTC')::date AND day < ($2::timestamptz AT TIME ZONE 'UTC')::date
         GROUP BY 1, 2, 3) AS m
 GROUP BY m.provider, m.item, m.day, m.kind
 ORDER BY m.provider, m.item, m.day, m.kind
