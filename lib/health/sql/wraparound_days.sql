-- In how many days transaction ids or multixacts are used up, were nothing frozen any more, at the pace since the
-- oldest note of the last 30 days; notes younger than 20 hours say too little. The server takes no writes 3,000,000
-- before the end. A counter of multixacts begins anew after 2^32; half of that and more is a step back.
-- Result: one row; value (days; NULL: there is no pace yet), said. By the database's clock. Index: counters_pkey.
-- Reads only.
WITH counters AS (
    SELECT 'transaction ids' AS name, pg_snapshot_xmax(pg_current_snapshot())::text::numeric AS next,
           (SELECT max(age(datfrozenxid)) FROM pg_database WHERE datallowconn) AS age
    UNION ALL
    SELECT 'multixacts', (mxid_age('1')::bigint + 1) & 4294967295,
           (SELECT max(mxid_age(datminmxid)) FROM pg_database WHERE datallowconn)),
     steps AS (
    SELECT c.name, 2147483648.0 - 3000000 - c.age AS remaining,
           CASE c.name WHEN 'multixacts' THEN mod(c.next - q.value + 4294967296, 4294967296)
                       ELSE c.next - q.value END AS step,
           extract(epoch FROM clock_timestamp() - q.noted_at) / 86400 AS days
      FROM counters c
     CROSS JOIN LATERAL (
        SELECT value, noted_at
          FROM nightshift.counters
         WHERE name = c.name AND system_identifier = (SELECT system_identifier FROM pg_control_system())
           AND day >= (clock_timestamp() AT TIME ZONE 'UTC')::date - 30
           AND noted_at < clock_timestamp() - interval '20 hours'
         ORDER BY day
         LIMIT 1) AS q),
     first AS (
    SELECT name, step / days AS a_day, greatest(remaining, 0) / step * days AS days
      FROM steps
     WHERE step > 0 AND (name <> 'multixacts' OR step < 2147483648)
     ORDER BY 3
     LIMIT 1)
SELECT round(f.days, 1)::float8 AS value,
       CASE WHEN f.name IS NULL THEN 'not known yet: jobs note the counters once a day'
            ELSE format('%s are used up in %s days, at %s a day', f.name, round(f.days),
                        trim_scale(round(f.a_day, 2 - floor(log(f.a_day))::integer))) END AS said
  FROM (SELECT) AS one
  LEFT JOIN first f ON true
