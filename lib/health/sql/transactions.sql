-- The longest transaction that is open, and who holds it: one that is idle in it, or prepared and forgotten, first of
-- all keeps rows from being vacuumed and locks from being given back.
-- Result: one row; value (s), said, fix, is_permitted. By the database's clock. Reads only.
WITH longest AS (
    SELECT a.xact_start AS begun,
           format('session %s of %s (%s) is %s', a.pid, a.usename, coalesce(nullif(a.application_name, ''), 'no name'),
                  a.state) AS who,
           format('see what it does; SELECT pg_terminate_backend(%s) ends it', a.pid) AS fix
      FROM pg_stat_activity a
     WHERE a.xact_start IS NOT NULL AND a.pid <> pg_backend_pid() AND a.backend_type = 'client backend'
       AND a.datname = current_database()
    UNION ALL
    SELECT p.prepared, format('transaction %s, that %s prepared, is not ended', p.gid, p.owner),
           format('COMMIT PREPARED %L, or ROLLBACK PREPARED %L', p.gid, p.gid)
      FROM pg_prepared_xacts p
     WHERE p.database = current_database()
     ORDER BY 1
     LIMIT 1)
SELECT coalesce(extract(epoch FROM clock_timestamp() - l.begun)::float8, 0) AS value,
       CASE WHEN l.begun IS NULL THEN 'none is open'
            ELSE format('%s for %s s', l.who, round(extract(epoch FROM clock_timestamp() - l.begun), 1)) END AS said,
       l.fix, pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS is_permitted
  FROM (SELECT) AS one
  LEFT JOIN longest l ON true
