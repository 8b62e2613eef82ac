-- Gives a lease back: it has run out as of now. The row stays, so that the fence only grows.
-- Parameters: $1 job, $2 fence.
-- Uses the database's clock, as acquire_lease.sql does. Index: primary key. Safe to repeat.
UPDATE nightshift.job_leases
   SET expires_at = clock_timestamp()
 WHERE job = $1::text AND fence = $2::bigint
