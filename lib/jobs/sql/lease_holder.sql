-- Who holds a job's lease.
-- Parameters: $1 job.
-- Result: run id, host, pid and its scope, since (Unix microseconds), fence, ms until the lease ends by itself;
--         no row where it is free.
-- Uses the database's clock, as acquire_lease.sql does. Index: primary key. Reads only.
SELECT run_id, host, pid, pid_scope, fence,
       (extract(epoch FROM acquired_at) * 1000000)::bigint AS since,
       ceil(extract(epoch FROM expires_at - clock_timestamp()) * 1000)::bigint AS left_ms
  FROM nightshift.job_leases
 WHERE job = $1::text AND expires_at > clock_timestamp()
