-- Forgets runs that ended long ago, but for successes that still count: of a period that was not over
-- then, and the latest of each job and unit.
-- Parameters: $1 how many days ago, by the database's clock. Result: one row of how many, and before when (Unix
--             microseconds). Index: job_runs (job, started_at). Safe to repeat.
WITH before AS MATERIALIZED (
    SELECT date_trunc('second', clock_timestamp()) - make_interval(days => $1::integer) AS at),
     pruned AS (
    DELETE FROM nightshift.job_runs r
     WHERE r.finished_at < (SELECT at FROM before)
       AND (r.state <> 'succeeded'
            OR ((r.period IS NULL
                 OR r.period + CASE r.unit WHEN 'quarter-hour' THEN interval '15 minutes'
                                           ELSE ('1 ' || r.unit)::interval END < (SELECT at FROM before))
                AND EXISTS (SELECT FROM nightshift.job_runs later
                             WHERE later.job = r.job AND later.unit IS NOT DISTINCT FROM r.unit
                               AND later.state = 'succeeded' AND NOT later.rerun
                               AND coalesce(later.period, later.started_at)
                                   > coalesce(r.period, r.started_at))))
    RETURNING r.run_id)
SELECT (SELECT count(*) FROM pruned) AS pruned,
       (extract(epoch FROM (SELECT at FROM before)) * 1000000)::bigint AS before
