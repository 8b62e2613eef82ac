-- A run begins, in the transaction that takes its lease.
-- Parameters: $1 run id, $2 job, $3 lease, $4 fence, $5 unit or NULL, $6 period or NULL, $7 whether to
--             run although the period was done, $8 host, $9 pid, $10 version.
-- Result: the latest cursor of the same period, NULL where there is none to go on from; no row where
--         the period was done meanwhile.
-- Uses the database's clock. Index: job_runs (job, unit, period) where succeeded, (job, started_at).
WITH done AS (
    SELECT EXISTS (SELECT FROM nightshift.job_runs
                    WHERE job = $2::text AND unit = $5::text AND period = $6::timestamptz
                      AND state = 'succeeded' AND NOT rerun) AS already),
     begun AS (
    INSERT INTO nightshift.job_runs
           (run_id, job, lease, fence, unit, period, rerun, state, started_at, host, pid, version)
    SELECT $1::text, $2::text, $3::text, $4::bigint, $5::text, $6::timestamptz, already, 'running',
           clock_timestamp(), $8::text, $9::integer, $10::text
      FROM done
     WHERE $7::boolean OR NOT already
    RETURNING rerun)
SELECT (SELECT cursor::text
          FROM nightshift.job_runs
         WHERE job = $2::text AND unit = $5::text AND period = $6::timestamptz
           AND cursor IS NOT NULL AND NOT begun.rerun
         ORDER BY started_at DESC
         LIMIT 1) AS cursor
  FROM begun
