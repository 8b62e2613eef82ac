-- How much of the connections that are for everybody is in use.
-- Result: one row; value (%), said. Reads only.
SELECT 100.0 * s.used / greatest(s.most, 1) AS value,
       format('%s of %s connections', s.used, s.most) AS said
  FROM (SELECT (SELECT sum(numbackends) FROM pg_stat_database) AS used,
               current_setting('max_connections')::integer
               - current_setting('superuser_reserved_connections')::integer AS most) AS s
