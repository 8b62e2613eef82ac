-- Who has held a lock on a table for longest: most likely who we waited for.
-- Parameters: $1 schema.table. Result: one row or none; since (Unix microseconds) is the start of its
-- transaction, doing the first word of its statement: the rest may hold what is nobody's business.
SELECT a.pid, coalesce(nullif(a.application_name, ''), a.backend_type) AS application,
       coalesce(a.usename, '') AS role, coalesce(a.state, 'active') AS state,
       upper(split_part(ltrim(coalesce(a.query, '')), ' ', 1)) AS doing,
       (extract(epoch FROM coalesce(a.xact_start, a.backend_start)) * 1000000)::bigint AS since
  FROM pg_locks l
  JOIN pg_stat_activity a USING (pid)
 WHERE l.relation = to_regclass($1::text) AND l.granted AND a.pid <> pg_backend_pid()
   AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
 ORDER BY a.xact_start NULLS LAST
 LIMIT 1
