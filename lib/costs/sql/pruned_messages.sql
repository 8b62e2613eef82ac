-- As messages.sql, of what was pruned, whose sums of days stand in quantities; of these the kind is not known.
-- Parameters: $1 from, $2 to (dates), exclusive; $3 currency; $4 by day. Result: as of messages.sql, but messages are
-- null where not all are known. Index: quantities' primary key. Reads only.
SELECT service AS provider, item, CASE WHEN $4::boolean THEN day END AS day, NULL::text AS kind,
       trim_scale(sum(quantity)) AS quantity,
       CASE WHEN count(*) = count(messages) THEN sum(messages) END AS messages,
       trim_scale(coalesce(sum(saved) FILTER (WHERE currency = $3::text), 0)) AS saved
  FROM nightshift.quantities
 WHERE day >= $1::date AND day < $2::date AND noted_at IS NULL
 GROUP BY 1, 2, 3
 ORDER BY 1, 2, 3
