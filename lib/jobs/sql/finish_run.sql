-- A run has ended, in the transaction that gives its lease back.
-- Parameters: $1 run id, $2 state, $3 exit code, $4 error or NULL, $5 counts (JSON) or NULL.
-- Uses the database's clock. Index: primary key. A run that was called abandoned meanwhile stays so.
UPDATE nightshift.job_runs
   SET state = $2::text, exit_code = $3::integer, error = $4::text, counts = $5::jsonb,
       finished_at = clock_timestamp()
 WHERE run_id = $1::text AND state = 'running'
