-- Who builds an index, vacuums or alters a table by hand: whoever has a lock that a concurrent build has
-- to wait for. Autovacuum is left out, as it gives way to one that waits.
-- Parameters: $1 schema.table. Result: one row or none. Reads only.
SELECT a.pid, a.application_name AS application, a.usename AS role
  FROM pg_locks l
  JOIN pg_stat_activity a ON a.pid = l.pid AND a.usesysid IS NOT NULL
 WHERE l.relation = to_regclass($1::text) AND l.granted AND l.pid <> pg_backend_pid()
   AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock',
                  'AccessExclusiveLock')
 ORDER BY a.pid
 LIMIT 1
