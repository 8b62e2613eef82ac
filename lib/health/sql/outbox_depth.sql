-- How many messages are due and wait, as far as 200,000.
-- Result: one row; value (how many), said. By the database's clock. Index: deliveries_pending. Reads only.
SELECT count(*)::float8 AS value,
       CASE WHEN count(*) = 0 THEN 'nothing waits'
            ELSE format('%s%s are due', count(*), CASE WHEN count(*) > 200000 THEN ' and more' ELSE '' END) END AS said
  FROM (SELECT
          FROM nightshift.notification_deliveries
         WHERE state = 'pending' AND not_before <= clock_timestamp() AND expires_at > clock_timestamp()
         LIMIT 200001) AS due
