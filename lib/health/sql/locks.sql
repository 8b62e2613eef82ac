-- Who waits longest for a lock that another session holds, and at the end of that chain who keeps them all waiting.
-- Result: one row; value (s), said, fix, is_permitted. By the database's clock. Reads only.
WITH RECURSIVE waiting AS (
    SELECT a.pid, a.application_name, b.blockers[1] AS blocker,
           (SELECT min(l.waitstart) FROM pg_locks l WHERE l.pid = a.pid AND NOT l.granted) AS since
      FROM pg_stat_activity a
     CROSS JOIN LATERAL (SELECT pg_blocking_pids(a.pid) AS blockers) AS b
     WHERE a.wait_event_type = 'Lock' AND a.datname = current_database() AND cardinality(b.blockers) > 0),
     longest AS (SELECT * FROM waiting ORDER BY since LIMIT 1),
     chain AS (
    SELECT blocker AS pid, 1 AS depth FROM longest
    UNION ALL
    SELECT w.blocker, c.depth + 1 FROM chain c JOIN waiting w ON w.pid = c.pid WHERE c.depth < 50),
     root AS (SELECT pid FROM chain ORDER BY depth DESC LIMIT 1)
SELECT coalesce(extract(epoch FROM clock_timestamp() - l.since)::float8, 0) AS value,
       CASE WHEN l.pid IS NULL THEN 'nobody waits'
            WHEN r.pid = 0 THEN format('session %s (%s) waits for a prepared transaction', l.pid,
                                       coalesce(nullif(l.application_name, ''), 'no name'))
            ELSE format('session %s (%s) waits %s s for session %s (%s, %s)%s', l.pid,
                        coalesce(nullif(l.application_name, ''), 'no name'),
                        round(extract(epoch FROM clock_timestamp() - l.since), 1), r.pid,
                        coalesce(nullif(h.application_name, ''), 'no name'), coalesce(h.state, 'not seen'),
                        CASE WHEN n.waiting > 1 THEN format(', and %s more wait', n.waiting - 1) ELSE '' END) END
       AS said,
       CASE WHEN r.pid = 0 THEN 'see pg_prepared_xacts; ROLLBACK PREPARED ends it'
            WHEN l.pid IS NOT NULL
            THEN format('see what session %s does; SELECT pg_terminate_backend(%s) ends it', r.pid, r.pid) END AS fix,
       pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS is_permitted
  FROM (SELECT count(*) AS waiting FROM waiting) AS n
  LEFT JOIN longest l ON true
  LEFT JOIN root r ON true
  LEFT JOIN pg_stat_activity h ON h.pid = r.pid
