-- The last statement before COMMIT of a transaction that a job writes in: a row means that the
-- lease is still ours and cannot be taken over before the commit.
-- Parameters: $1 job, $2 fence.
-- Index: primary key. FOR KEY SHARE, as a plain read in an older snapshot would still see the
-- old fence; a takeover changes the key (job, fence) and so waits, a heartbeat does not.
SELECT 1
  FROM nightshift.job_leases
 WHERE job = $1::text AND fence = $2::bigint
   FOR KEY SHARE
