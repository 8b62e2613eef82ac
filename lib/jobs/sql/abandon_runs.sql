-- Runs under a lease that were cut off: whoever takes the lease over says so.
-- Parameters: $1 lease, $2 the new fence, $3 why. Index: job_runs (lease) where running. Safe to repeat.
-- Uses the database's clock, as every time in the ledger.
UPDATE nightshift.job_runs
   SET state = 'abandoned', finished_at = clock_timestamp(),
       error = $3::text
 WHERE lease = $1::text AND state = 'running' AND fence < $2::bigint
