-- How far a run has come, in the transaction that wrote what it says.
-- Parameters: $1 run id, $2 cursor (JSON). Index: primary key. Safe to repeat.
UPDATE nightshift.job_runs
   SET cursor = $2::jsonb
 WHERE run_id = $1::text
