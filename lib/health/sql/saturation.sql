-- How much of the connections that are to be had is in use: of all that are for everybody, of those that this role may
-- have, and of those that this database may; whichever is the nearest to its end.
-- Result: one row; value (%), said. Reads only.
WITH limits AS (
    SELECT (SELECT sum(numbackends) FROM pg_stat_database) AS used,
           current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer
           AS most, '' AS whose
    UNION ALL
    SELECT (SELECT count(*) FROM pg_stat_activity WHERE usename = r.rolname), r.rolconnlimit,
           format(' of role %s', r.rolname)
      FROM pg_roles r
     WHERE r.rolname = current_user AND r.rolconnlimit >= 0
    UNION ALL
    SELECT s.numbackends, d.datconnlimit, format(' of database %s', d.datname)
      FROM pg_database d
      JOIN pg_stat_database s ON s.datid = d.oid
     WHERE d.datname = current_database() AND d.datconnlimit >= 0)
SELECT 100.0 * l.used / greatest(l.most, 1) AS value, format('%s of %s connections%s', l.used, l.most, l.whose) AS said
  FROM limits l
 ORDER BY 1 DESC
 LIMIT 1
