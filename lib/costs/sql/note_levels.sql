-- Notes how much there is now, as today's. By the database's clock.
-- Parameters: $1 bytes of Redis, or NULL. Index: quantities' primary key. Safe to repeat.
WITH now AS (
    SELECT clock_timestamp() AS at, (clock_timestamp() AT TIME ZONE 'UTC')::date AS day),
     levels AS (
    SELECT 'postgresql' AS service, 'storage' AS item, pg_database_size(current_database())::numeric AS quantity
    UNION ALL
    SELECT 'redis', 'memory', $1::numeric WHERE $1::numeric IS NOT NULL)
INSERT INTO nightshift.quantities (day, service, item, quantity, cost, currency, noted_at)
SELECT n.day, l.service, l.item, l.quantity, 0, '', n.at
  FROM now n
 CROSS JOIN levels l
    ON CONFLICT (day, service, item, currency) DO UPDATE
   SET quantity = excluded.quantity, noted_at = excluded.noted_at
