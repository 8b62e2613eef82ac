-- Which of our tables, and the app's that we read, has the largest part of dead rows; small ones do not count.
-- Result: one row; value (%), said, fix. Reads only.
WITH worst AS (
    SELECT format('%I.%I', s.schemaname, s.relname) AS name, s.n_dead_tup, s.n_live_tup, s.last_autovacuum,
           100.0 * s.n_dead_tup / (s.n_live_tup + s.n_dead_tup) AS part
      FROM pg_stat_user_tables s
     WHERE (s.schemaname = 'nightshift' OR s.schemaname = 'public') AND s.n_dead_tup > 10000
     ORDER BY part DESC
     LIMIT 1)
SELECT coalesce(round(w.part, 1), 0)::float8 AS value,
       CASE WHEN w.name IS NULL THEN 'no table has many'
            ELSE format('%s has %s dead rows beside %s, vacuumed %s', w.name, w.n_dead_tup, w.n_live_tup,
                        coalesce('at ' || to_char(w.last_autovacuum AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                                 'never')) END AS said,
       CASE WHEN w.name IS NOT NULL
            THEN format('VACUUM (ANALYZE) %s; see whether a transaction stands open', w.name) END AS fix
  FROM (SELECT) AS one
  LEFT JOIN worst w ON true
