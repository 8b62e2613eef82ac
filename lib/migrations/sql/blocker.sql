-- Who has held a lock on a table for longest: most likely who we waited for.
-- Parameters: $1 schema.table. Result: one row or none; pid is NULL for a prepared transaction, whose
-- name is in application; since (Unix microseconds) is the start of its transaction, doing the first
-- word of its statement: the rest may hold what is nobody's business. State and since are NULL where
-- the session is another role's and we are no member of pg_read_all_stats.
SELECT a.pid, coalesce(p.gid, nullif(a.application_name, ''), a.backend_type, '') AS application,
       coalesce(p.owner, a.usename, '') AS role, a.state,
       coalesce(upper(substring(a.query FROM '^\s*([A-Za-z]+)')), '') AS doing,
       (extract(epoch FROM coalesce(p.prepared, a.xact_start, a.backend_start)) * 1000000)::bigint
           AS since
  FROM pg_locks l
  LEFT JOIN pg_stat_activity a ON a.pid = l.pid
  LEFT JOIN pg_locks own ON l.pid IS NULL AND own.pid IS NULL AND own.locktype = 'transactionid'
                        AND own.virtualtransaction = l.virtualtransaction
  LEFT JOIN pg_prepared_xacts p ON p.transaction = own.transactionid
 WHERE l.relation = to_regclass($1::text) AND l.granted AND l.pid IS DISTINCT FROM pg_backend_pid()
   AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
 ORDER BY coalesce(p.prepared, a.xact_start) NULLS LAST
 LIMIT 1
