-- Takes a lease away from its holder, whose fence is stale from then on: it can write nothing more.
-- Parameters: $1 lease, $2 the holder's fence. Result: one row; none where the holder has changed.
-- Uses the database's clock, as acquire_lease.sql does. Index: primary key. Waits for a transaction
-- that has confirmed the fence.
UPDATE nightshift.job_leases
   SET fence = fence + 1, expires_at = clock_timestamp()
 WHERE job = $1::text AND fence = $2::bigint
RETURNING fence
