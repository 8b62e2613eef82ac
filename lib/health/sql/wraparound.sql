-- How far transaction ids, and those of row locks by several (multixacts), are used up: at 2^31 the server takes no
-- more writes.
-- Result: one row; value (% of 2^31), said. Reads only.
SELECT round(100.0 * greatest(d.xids, d.multixacts) / 2147483648.0, 1)::float8 AS value,
       format('%s of 2^31 transaction ids, %s of 2^31 multixacts, oldest in %s', d.xids, d.multixacts,
              d.datname) AS said
  FROM (SELECT datname, age(datfrozenxid)::bigint AS xids, mxid_age(datminmxid)::bigint AS multixacts
          FROM pg_database
         WHERE datallowconn
         ORDER BY greatest(age(datfrozenxid), mxid_age(datminmxid)) DESC
         LIMIT 1) AS d
