-- What a monitor wants of each job: its last success, and its runs by state in the last 7 days.
-- Result: one row a job and state: job, state, runs, last_success and took (Unix microseconds, microseconds;
--         NULL: it has never succeeded).
-- Uses the database's clock. Index: job_runs (job, started_at). Reads only.
SELECT r.job, r.state, count(*) AS runs, (extract(epoch FROM s.finished_at) * 1000000)::bigint AS last_success,
       (extract(epoch FROM s.finished_at - s.started_at) * 1000000)::bigint AS took
  FROM nightshift.job_runs r
  LEFT JOIN LATERAL (SELECT started_at, finished_at
                       FROM nightshift.job_runs latest
                      WHERE latest.job = r.job AND latest.state = 'succeeded'
                      ORDER BY started_at DESC
                      LIMIT 1) AS s ON true
 WHERE r.started_at > clock_timestamp() - interval '7 days'
    OR r.started_at = s.started_at
 GROUP BY r.job, r.state, s.started_at, s.finished_at
 ORDER BY r.job, r.state
