-- The heartbeat: moves the end of our own lease on. Changes no key column, so it does not wait
-- for a transaction that holds the row FOR KEY SHARE.
-- Parameters: $1 job, $2 fence, $3 duration in ms.
-- Result: one row; none where another run has taken over.
-- Uses the database's clock, as acquire_lease.sql does. Index: primary key. Safe to repeat.
UPDATE nightshift.job_leases
   SET heartbeat_at = clock_timestamp(),
       expires_at = clock_timestamp() + $3::bigint * interval '1 millisecond'
 WHERE job = $1::text AND fence = $2::bigint
RETURNING fence
