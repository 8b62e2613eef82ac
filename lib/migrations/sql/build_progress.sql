-- How far an index build is.
-- Parameters: $1 the building backend's pid. Result: one row; none before it has begun.
SELECT phase, current_locker_pid AS waits_for, blocks_done, blocks_total, tuples_done, tuples_total
  FROM pg_stat_progress_create_index
 WHERE pid = $1::int
