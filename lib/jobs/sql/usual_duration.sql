-- How long a job's runs usually take: what 19 of 20 have not passed.
-- Parameters: $1 job. Result: one row: milliseconds, or NULL.
-- Of the successes of the last 30 days. Uses the database's clock. Index: job_runs (job, started_at). Reads only.
SELECT (extract(epoch FROM percentile_disc(0.95) WITHIN GROUP (ORDER BY finished_at - started_at))
        * 1000)::bigint AS usual
  FROM nightshift.job_runs
 WHERE job = $1::text AND state = 'succeeded' AND started_at > clock_timestamp() - interval '30 days'
