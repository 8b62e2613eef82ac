-- Runs of the ledger, the latest first.
-- Parameters: $1 job or NULL, $2 state or NULL, $3 how a run id begins or NULL, $4 how many at most.
-- Result: as the table, times in Unix microseconds; a run whose lease is no longer its own is
--         abandoned, whatever its row says.
-- Uses the database's clock, as leases do. Index: job_runs (started_at), (job, started_at). Reads only.
SELECT *
  FROM (SELECT r.started_at AS began, r.run_id, r.job, r.lease, r.fence, r.unit, r.rerun, r.exit_code, r.error,
               r.counts::text AS counts, r.cursor::text AS cursor, r.host, r.pid, r.version,
               (extract(epoch FROM r.period) * 1000000)::bigint AS period,
               (extract(epoch FROM r.started_at) * 1000000)::bigint AS started_at,
               (extract(epoch FROM r.finished_at) * 1000000)::bigint AS finished_at,
               (extract(epoch FROM coalesce(r.finished_at, clock_timestamp()) - r.started_at)
                   * 1000)::bigint AS duration_ms,
               CASE WHEN r.state = 'running'
                     AND NOT EXISTS (SELECT FROM nightshift.job_leases l
                                      WHERE l.job = r.lease AND l.fence = r.fence
                                        AND l.expires_at > clock_timestamp())
                    THEN 'abandoned' ELSE r.state END AS state
          FROM nightshift.job_runs r
         WHERE ($1::text IS NULL OR r.job = $1::text)
           AND ($3::text IS NULL OR starts_with(r.run_id, $3::text))) AS runs
 WHERE $2::text IS NULL OR state = $2::text
 ORDER BY began DESC, run_id DESC
 LIMIT $4::bigint
