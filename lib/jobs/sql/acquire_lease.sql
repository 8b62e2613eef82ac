-- Takes the lease of a job where nobody holds it: no row yet, run out, given back, or held by
-- the process that the caller found dead.
-- Parameters: $1 job, $2 run id, $3 host, $4 pid, $5 duration in ms, $6 fence of a dead holder
--             or NULL.
-- Result: the new fence; no row where somebody holds the lease.
-- Uses the database's clock: the one written exception to "time is a parameter".
-- Index: job_leases' primary key. Repeating it takes nothing from a live holder.
INSERT INTO nightshift.job_leases AS held
       (job, fence, run_id, host, pid, acquired_at, heartbeat_at, expires_at)
VALUES ($1::text, 1, $2::text, $3::text, $4::int, clock_timestamp(), clock_timestamp(),
        clock_timestamp() + $5::bigint * interval '1 millisecond')
ON CONFLICT (job) DO UPDATE
   SET fence = held.fence + 1, run_id = excluded.run_id, host = excluded.host, pid = excluded.pid,
       acquired_at = excluded.acquired_at, heartbeat_at = excluded.heartbeat_at,
       expires_at = excluded.expires_at
 WHERE held.expires_at <= clock_timestamp() OR held.fence = $6::bigint
RETURNING fence
