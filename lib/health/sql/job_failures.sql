-- The job that has failed most often in a row, up to now, by the ledger of the last 30 days.
-- Result: one row; value (how often), said, fix. By the database's clock. Index: job_runs_latest. Reads only.
WITH ended AS (
    SELECT r.job, r.state, row_number() OVER (PARTITION BY r.job ORDER BY r.started_at DESC) AS place
      FROM nightshift.job_runs r
     WHERE r.started_at > clock_timestamp() - interval '30 days' AND r.state NOT IN ('running', 'stopped')),
     worst AS (
    SELECT job, coalesce(min(place) FILTER (WHERE state IN ('succeeded', 'partial')) - 1, count(*)) AS failures
      FROM ended
     GROUP BY job
     ORDER BY 2 DESC, 1
     LIMIT 1)
SELECT coalesce(w.failures, 0)::float8 AS value,
       CASE WHEN coalesce(w.failures, 0) = 0 THEN 'no job has failed at last'
            ELSE format('%s has failed %s times in a row', w.job, w.failures) END AS said,
       CASE WHEN w.failures > 0 THEN format('nightshift runs list --job %s', w.job) END AS fix
  FROM (SELECT) AS one
  LEFT JOIN worst w ON true
