-- In how many days transaction ids or multixacts are used up, were nothing frozen any more, at the pace since the
-- oldest note of the last 30 days; notes younger than 20 hours say too little. The server takes no writes 3,000,000
-- before the end. A counter of multixacts begins anew after 2^32.
-- Result: one row; value (days; NULL: there is no pace yet), said. By the database's clock. Index: counters_pkey.
-- Reads only.
WITH counters AS (
    SELECT 'transaction ids' AS name, pg_snapshot_xmax(pg_current_snapshot())::text::numeric AS next,
           (SELECT max(age(datfrozenxid)) FROM pg_database WHERE datallowconn) AS age
    UNION ALL
    SELECT 'multixacts', (mxid_age('1')::bigint + 1) & 4294967295,
           (SELECT max(mxid_age(datminmxid)) FROM pg_database WHERE datallowconn)),
     paces AS (
    SELECT c.name, 2147483648.0 - 3000000 - c.age AS remaining,
           CASE WHEN c.next < q.value THEN c.next - q.value + 4294967296 ELSE c.next - q.value END
           / extract(epoch FROM clock_timestamp() - q.noted_at) * 86400 AS a_day
      FROM counters c
     CROSS JOIN LATERAL (
        SELECT value, noted_at
          FROM nightshift.counters
         WHERE name = c.name AND day >= (clock_timestamp() AT TIME ZONE 'UTC')::date - 30
           AND noted_at < clock_timestamp() - interval '20 hours'
         ORDER BY day
         LIMIT 1) AS q),
     first AS (SELECT name, a_day, greatest(remaining, 0) / a_day AS days FROM paces WHERE a_day > 0 ORDER BY 3 LIMIT 1)
SELECT round(f.days, 1)::float8 AS value,
       CASE WHEN f.name IS NULL THEN 'not known yet: jobs note the counters once a day'
            ELSE format('%s are used up in %s days, at %s a day', f.name, round(f.days), round(f.a_day)) END AS said
  FROM (SELECT) AS one
  LEFT JOIN first f ON true
