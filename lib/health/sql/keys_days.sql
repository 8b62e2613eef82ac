-- Which integer key ends first, at the pace since the oldest note of the last 30 days; notes younger than 20 hours say
-- too little. A pace is said with three digits.
-- Result: one row; value (days; NULL: no key has a pace yet), said, fix, is_permitted. By the database's clock. Index:
-- counters_pkey. Reads only.
WITH first AS (
    SELECT k.name, (k.most - k.last)::float8 AS remaining,
           (k.last - q.value)::float8 / extract(epoch FROM clock_timestamp() - q.noted_at)::float8 * 86400 AS a_day
      FROM nightshift.integer_keys k
     CROSS JOIN LATERAL (
        SELECT value, noted_at
          FROM nightshift.counters
         WHERE name = 'key ' || k.name AND system_identifier = (SELECT system_identifier FROM pg_control_system())
           AND day >= (clock_timestamp() AT TIME ZONE 'UTC')::date - 30
           AND noted_at < clock_timestamp() - interval '20 hours'
         ORDER BY day
         LIMIT 1) AS q
     WHERE k.last > q.value
     ORDER BY (k.most - k.last) / (k.last - q.value) * extract(epoch FROM clock_timestamp() - q.noted_at)
     LIMIT 1)
SELECT round((f.remaining / f.a_day)::numeric, 1)::float8 AS value,
       CASE WHEN f.name IS NOT NULL
            THEN format('%s is used up in %s days, at %s a day', f.name, round((f.remaining / f.a_day)::numeric),
                        trim_scale(round(f.a_day::numeric, 2 - floor(log(f.a_day))::integer)))
            WHEN EXISTS (SELECT FROM nightshift.counters
                          WHERE name LIKE 'key %' AND noted_at < clock_timestamp() - interval '20 hours')
            THEN 'none has grown'
            ELSE 'not known yet: jobs note once a day how far they are' END AS said,
       CASE WHEN f.name IS NOT NULL THEN format('make %s a bigint', f.name) END AS fix,
       (SELECT coalesce(bool_and(is_permitted), true) FROM nightshift.integer_keys) AS is_permitted
  FROM (SELECT) AS one
  LEFT JOIN first f ON true
