-- Forgets runs that ended long ago, but for successes that still count: of a period that was not over
-- then, and the latest of each job and unit.
-- Parameters: $1 before. Result: one row a run. Index: job_runs (job, started_at). Safe to repeat.
DELETE FROM nightshift.job_runs r
 WHERE r.finished_at < $1::timestamptz
   AND (r.state <> 'succeeded'
        OR ((r.period IS NULL
             OR r.period + CASE r.unit WHEN 'quarter-hour' THEN interval '15 minutes'
                                       ELSE ('1 ' || r.unit)::interval END < $1::timestamptz)
            AND EXISTS (SELECT FROM nightshift.job_runs later
                         WHERE later.job = r.job AND later.unit IS NOT DISTINCT FROM r.unit
                           AND later.state = 'succeeded' AND NOT later.rerun
                           AND coalesce(later.period, later.started_at)
                               > coalesce(r.period, r.started_at))))
RETURNING r.run_id
