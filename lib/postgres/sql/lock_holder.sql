-- Who holds an advisory lock of one 64-bit key in this database.
-- Parameters: $1 key.
-- Result: pid, application, client ('local' for a Unix socket), since (Unix microseconds, NULL where
--         the session is another role's and we may not know); no row where it is free. Reads only.
SELECT a.pid, a.application_name AS application, coalesce(host(a.client_addr), 'local') AS client,
       (extract(epoch FROM a.xact_start) * 1000000)::bigint AS since
  FROM pg_locks l
  JOIN pg_stat_activity a ON a.pid = l.pid
 WHERE l.locktype = 'advisory' AND l.granted
   AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND l.classid::bigint = ($1::bigint >> 32) & 4294967295
   AND l.objid::bigint = $1::bigint & 4294967295
   AND l.objsubid = 1
