-- Writes down what came of deliveries that were on the wire, each still under this lease: what somebody else has
-- taken over meanwhile stays as it is. A config or a retry puts it back, to be sent not before retry_at; a retry
-- that was the last one is failed.
-- Parameters: $1 the lease's token, $2 now, $3 most retries, $4 the costs' currency; $5 to $17 arrays, with an element
-- for each: number, ordinal, class, provider, code, why, provider_id, item, units, cost, retry_at, latency_ms, saved.
-- Result: number and ordinal of each that was written, and its state now.
-- Index: primary keys, not deliveries_sending: so nothing is asked of the state, which has a token only while sending.
-- Safe to repeat.
WITH results AS MATERIALIZED (
    SELECT unnest($5::bigint[]) AS number, unnest($6::smallint[]) AS ordinal, unnest($7::text[]) AS class,
           unnest($8::text[]) AS provider, unnest($9::text[]) AS code, unnest($10::text[]) AS why,
           unnest($11::text[]) AS provider_id, unnest($12::text[]) AS item, unnest($13::integer[]) AS units,
           unnest($14::numeric[]) AS cost, unnest($15::timestamptz[]) AS retry_at,
           unnest($16::integer[]) AS latency_ms, unnest($17::numeric[]) AS saved),
     settled AS (
    UPDATE nightshift.notification_deliveries d
       SET state = CASE r.class WHEN 'accepted' THEN 'accepted' WHEN 'unknown' THEN 'unknown'
                                WHEN 'reject' THEN 'rejected' WHEN 'dead' THEN 'dead'
                                WHEN 'suppressed' THEN 'suppressed' WHEN 'config' THEN 'pending'
                                ELSE CASE WHEN d.retries < $3::integer THEN 'pending' ELSE 'failed' END END,
           retries = d.retries + CASE r.class WHEN 'retry' THEN 1 ELSE 0 END,
           not_before = CASE WHEN r.class IN ('config', 'retry') THEN r.retry_at ELSE d.not_before END,
           settled_at = CASE WHEN r.class = 'config' OR (r.class = 'retry' AND d.retries < $3::integer) THEN NULL
                             ELSE $2::timestamptz END,
           lease_token = NULL, lease_until = NULL
      FROM results r
     WHERE d.notification_id = r.number AND d.ordinal = r.ordinal AND d.lease_token = $1::text
    RETURNING r.*, d.attempts, d.state),
     noted AS (
    INSERT INTO nightshift.notification_attempts (notification_id, ordinal, attempt, provider, class, code, why,
                                                  provider_id, item, units, cost, currency, ended_at,
                                                  latency_ms, saved, run_id)
    SELECT number, ordinal, attempts, provider, class, code, why, provider_id, item, units, cost,
           CASE WHEN cost IS NOT NULL THEN $4::text END, $2::timestamptz, latency_ms, saved, $1::text
      FROM settled)
SELECT number AS notification_id, ordinal, state FROM settled
