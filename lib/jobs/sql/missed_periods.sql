-- Periods of a job that are over and that no run has done.
-- Parameters: $1 job, $2 unit, $3 zone, $4 whether a later success makes up for them, $5 how many days to look back.
-- Result: period (Unix microseconds), oldest first; none before the first run of such a period.
-- Uses the database's clock. Index: job_runs (job, unit, period) where succeeded, (job, started_at). Reads only.
-- In steps of a quarter of an hour, the shortest period: each belongs to one, also when clocks change.
WITH known AS (
    -- A first run may have been a little early for its period.
    SELECT greatest(clock_timestamp() - make_interval(days => $5::integer),
                    min(greatest(started_at, period))) AS since,
           max(period) FILTER (WHERE state = 'succeeded') AS latest_done
      FROM nightshift.job_runs
     WHERE job = $1::text AND unit = $2::text
    HAVING count(*) > 0),
     periods AS (
    SELECT DISTINCT nightshift.period($2::text, instant, $3::text) AS period
      FROM known, generate_series(known.since, clock_timestamp(), interval '15 minutes') AS instant)
SELECT (extract(epoch FROM p.period) * 1000000)::bigint AS period
  FROM periods p, known k
 WHERE p.period < nightshift.period($2::text, clock_timestamp(), $3::text)
   AND p.period >= nightshift.period($2::text, k.since, $3::text)
   AND NOT ($4::boolean AND p.period < coalesce(k.latest_done, '-infinity'))
   AND NOT EXISTS (SELECT FROM nightshift.job_runs r
                    WHERE r.job = $1::text AND r.unit = $2::text AND r.period = p.period
                      AND r.state = 'succeeded' AND NOT r.rerun)
 ORDER BY p.period
