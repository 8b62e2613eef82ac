-- Forgets runs that ended long ago, but for the latest success of each job.
-- Parameters: $1 before. Result: one row a run. Index: job_runs (job, started_at). Safe to repeat.
DELETE FROM nightshift.job_runs r
 WHERE r.finished_at < $1::timestamptz
   AND (r.state <> 'succeeded'
        OR EXISTS (SELECT FROM nightshift.job_runs later
                    WHERE later.job = r.job AND later.state = 'succeeded'
                      AND later.started_at > r.started_at))
RETURNING r.run_id
