-- How far a statement is that builds or drops an index concurrently.
-- Parameters: $1 its backend's pid.
-- Result: one row; waits_for is the backend that it waits for, or NULL, or 0 for a prepared
-- transaction, with application (those that are prepared, for 0) and role; the counts are NULL where
-- nothing is counted. Reads only.
SELECT coalesce(p.phase, 'waiting or dropping') AS phase,
       blocks_done, blocks_total, tuples_done, tuples_total, blocker.pid AS waits_for,
       CASE blocker.pid WHEN 0 THEN (SELECT string_agg(gid, ', ') FROM pg_prepared_xacts
                                      WHERE database = current_database())
            ELSE a.application_name END AS application, a.usename AS role
  FROM (VALUES ($1::int)) AS backend (pid)
  LEFT JOIN pg_stat_progress_create_index p USING (pid)
 CROSS JOIN LATERAL (SELECT coalesce((pg_blocking_pids(backend.pid))[1],
                                     nullif(p.current_locker_pid, 0)) AS pid) AS blocker
  LEFT JOIN pg_stat_activity a ON a.pid = blocker.pid
