-- How much there was on each day, as jobs have noted it: what a day lacks is that of the last day before it, for a week
-- at most.
-- Parameters: $1 from, $2 to (dates), exclusive. Result: day, service, item, amount, is_noted.
-- Index: quantities' primary key. Reads only.
WITH noted AS (
    SELECT service, item, day, quantity,
           least(lead(day) OVER (PARTITION BY service, item ORDER BY day), day + 8) AS ends
      FROM nightshift.quantities
     WHERE noted_at IS NOT NULL AND day < $2::date)
SELECT n.day + after AS day, n.service, n.item, n.quantity::bigint AS amount, after = 0 AS is_noted
  FROM noted n
 CROSS JOIN LATERAL generate_series(greatest(0, $1::date - n.day), least(n.ends, $2::date) - n.day - 1) AS after
 ORDER BY n.service, n.item, 1
