-- What the run that holds a lease is for.
-- Parameters: $1 run id. Result: job, unit and period (Unix microseconds, or NULL); no row for a run that is
-- not in the ledger. Index: job_runs' primary key. Reads only.
SELECT job, unit, (extract(epoch FROM period) * 1000000)::bigint AS period
  FROM nightshift.job_runs
 WHERE run_id = $1::text
