-- Messages whose process died while they were on the wire, and that no run has looked at since.
-- Result: one row; value (how many), said. By the database's clock. Index: deliveries_sending. Reads only.
SELECT count(*)::float8 AS value,
       CASE count(*) WHEN 0 THEN 'none is in doubt' ELSE format('%s are in doubt', count(*)) END AS said
  FROM nightshift.notification_deliveries
 WHERE state = 'sending' AND lease_until < clock_timestamp()
