-- Notes the bytes and objects of each store, as today's: each key once, originals and variants; 0 of a store that had
-- some within a week and has none. By the database's clock.
-- Reads media_objects as a whole. Index: quantities' primary key. Safe to repeat.
WITH now AS (
    SELECT clock_timestamp() AS at, (clock_timestamp() AT TIME ZONE 'UTC')::date AS day),
     keys AS (
    SELECT store, object_key AS key, bytes FROM nightshift.media_objects
     WHERE deleted_at IS NULL AND object_key IS NOT NULL
    UNION
    SELECT m.store, v.value ->> 'key', (v.value ->> 'bytes')::bigint
      FROM (SELECT DISTINCT store, variants FROM nightshift.media_objects WHERE deleted_at IS NULL) AS m
     CROSS JOIN LATERAL jsonb_array_elements(m.variants) AS v),
     sizes AS (
    SELECT store, sum(bytes) AS bytes, count(*) AS objects FROM keys GROUP BY store),
     levels AS (
    SELECT store AS service, 'storage' AS item, bytes AS quantity FROM sizes
    UNION ALL
    SELECT store, 'objects', objects FROM sizes
    UNION ALL
    SELECT DISTINCT q.service, q.item, 0::numeric
      FROM nightshift.quantities q, now n
     WHERE q.day >= n.day - 7 AND q.noted_at IS NOT NULL AND q.service LIKE '%:%' AND q.quantity > 0
       AND NOT EXISTS (SELECT FROM sizes s WHERE s.store = q.service))
INSERT INTO nightshift.quantities (day, service, item, quantity, cost, currency, noted_at)
SELECT n.day, l.service, l.item, l.quantity, 0, '', n.at
  FROM now n
 CROSS JOIN levels l
    ON CONFLICT (day, service, item, currency) DO UPDATE
   SET quantity = excluded.quantity, noted_at = excluded.noted_at
