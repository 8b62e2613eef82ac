-- Makes a job's row, as a lease that ran out long ago, where there is none yet.
-- Parameters: $1 job.
-- Apart from acquire_lease.sql, as ON CONFLICT (job) DO UPDATE knows one index only: two first runs
-- at the same moment would fail on the other, UNIQUE (job, fence).
-- Index: primary key. Safe to repeat.
INSERT INTO nightshift.job_leases
       (job, fence, run_id, host, pid, pid_scope, acquired_at, heartbeat_at, expires_at)
VALUES ($1::text, 0, '', '', 0, '', '-infinity', '-infinity', '-infinity')
ON CONFLICT DO NOTHING
