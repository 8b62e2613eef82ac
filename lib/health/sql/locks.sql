-- Who waits longest for a lock that another session holds, and for whom.
-- Result: one row; value (s), said, fix, is_permitted. By the database's clock. Reads only.
WITH longest AS (
    SELECT a.pid, a.application_name, b.blockers[1] AS blocker,
           extract(epoch FROM clock_timestamp() - a.query_start)::float8 AS seconds
      FROM pg_stat_activity a
     CROSS JOIN LATERAL (SELECT pg_blocking_pids(a.pid) AS blockers) AS b
     WHERE a.wait_event_type = 'Lock' AND a.datname = current_database() AND cardinality(b.blockers) > 0
     ORDER BY a.query_start
     LIMIT 1)
SELECT coalesce(l.seconds, 0) AS value,
       CASE WHEN l.pid IS NULL THEN 'nobody waits'
            ELSE format('session %s (%s) waits %s s for session %s (%s, %s)', l.pid,
                        coalesce(nullif(l.application_name, ''), 'no name'), round(l.seconds::numeric, 1), l.blocker,
                        coalesce(nullif(h.application_name, ''), 'no name'), coalesce(h.state, 'not seen')) END AS said,
       CASE WHEN l.pid IS NOT NULL
            THEN format('see what session %s does; SELECT pg_terminate_backend(%s) ends it', l.blocker, l.blocker) END
       AS fix,
       pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS is_permitted
  FROM (SELECT) AS one
  LEFT JOIN longest l ON true
  LEFT JOIN pg_stat_activity h ON h.pid = l.blocker
