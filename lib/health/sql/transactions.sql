-- The longest transaction that is open, and who holds it; one that is idle in it first of all keeps rows from being
-- vacuumed and locks from being given back.
-- Result: one row; value (s), said, fix, is_permitted. By the database's clock. Reads only.
WITH longest AS (
    SELECT a.pid, a.state, a.application_name, a.usename,
           extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS seconds
      FROM pg_stat_activity a
     WHERE a.xact_start IS NOT NULL AND a.pid <> pg_backend_pid() AND a.backend_type = 'client backend'
       AND a.datname = current_database()
     ORDER BY a.xact_start
     LIMIT 1)
SELECT coalesce(l.seconds, 0) AS value,
       CASE WHEN l.pid IS NULL THEN 'none is open'
            ELSE format('session %s of %s (%s) is %s for %s s', l.pid, l.usename,
                        coalesce(nullif(l.application_name, ''), 'no name'), l.state, round(l.seconds::numeric, 1)) END
       AS said,
       CASE WHEN l.pid IS NOT NULL
            THEN format('see what it does; SELECT pg_terminate_backend(%s) ends it', l.pid) END AS fix,
       pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS is_permitted
  FROM (SELECT) AS one
  LEFT JOIN longest l ON true
