-- Takes the lease of a job where nobody holds it: run out, given back, or held by the process that
-- the caller found dead.
-- Parameters: $1 job, $2 run id, $3 host, $4 pid, $5 the pid's scope, $6 duration in ms, $7 fence
--             of a dead holder or NULL.
-- Result: the new fence; no row where somebody holds the lease. Waits only where it takes: for a
--         transaction that has confirmed the fence before.
-- Uses the database's clock: the one written exception to "time is a parameter".
-- Index: job_leases' primary key. Repeating it takes nothing from a live holder.
UPDATE nightshift.job_leases
   SET fence = fence + 1, run_id = $2::text, host = $3::text, pid = $4::int,
       pid_scope = $5::text,
       acquired_at = clock_timestamp(), heartbeat_at = clock_timestamp(),
       expires_at = clock_timestamp() + $6::bigint * interval '1 millisecond'
 WHERE job = $1::text AND (expires_at <= clock_timestamp() OR fence = $7::bigint)
RETURNING fence
