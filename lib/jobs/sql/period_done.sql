-- The run that has done a job's work of a period.
-- Parameters: $1 job, $2 unit, $3 period. Result: run id, host, finished_at (Unix microseconds); or no row.
-- Index: job_runs (job, unit, period) where succeeded. Reads only.
SELECT run_id, host, (extract(epoch FROM finished_at) * 1000000)::bigint AS finished_at
  FROM nightshift.job_runs
 WHERE job = $1::text AND unit = $2::text AND period = $3::timestamptz AND state = 'succeeded' AND NOT rerun
