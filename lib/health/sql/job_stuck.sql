-- The job that has been at work for longest, under a lease that stands.
-- Result: one row; value (s), said, fix. By the database's clock. Index: job_runs_running. Reads only.
WITH longest AS (
    SELECT r.job, r.host, r.pid, extract(epoch FROM clock_timestamp() - r.started_at)::float8 AS seconds
      FROM nightshift.job_runs r
      JOIN nightshift.job_leases l ON l.job = r.lease AND l.run_id = r.run_id AND l.expires_at > clock_timestamp()
     WHERE r.state = 'running'
     ORDER BY r.started_at
     LIMIT 1)
SELECT coalesce(l.seconds, 0) AS value,
       CASE WHEN l.job IS NULL THEN 'no job is at work'
            ELSE format('%s is at work on %s (process %s) for %s s', l.job, l.host, l.pid,
                        round(l.seconds::numeric)) END AS said,
       CASE WHEN l.job IS NOT NULL
            THEN format('see process %s on %s; SIGTERM lets it end well', l.pid, l.host) END AS fix
  FROM (SELECT) AS one
  LEFT JOIN longest l ON true
