-- How far a statement is that builds or drops an index concurrently.
-- Parameters: $1 its backend's pid.
-- Result: one row; waits_for is the backend that it waits for, or NULL, and the counts are NULL where
-- nothing is counted. Reads only.
SELECT coalesce(p.phase, 'dropping') AS phase, blocks_done, blocks_total, tuples_done, tuples_total,
       coalesce(nullif(p.current_locker_pid, 0), (pg_blocking_pids($1::int))[1]) AS waits_for
  FROM (VALUES ($1::int)) AS backend (pid)
  LEFT JOIN pg_stat_progress_create_index p USING (pid)
