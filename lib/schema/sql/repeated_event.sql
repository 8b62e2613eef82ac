-- An event_id that stands more than once: the unique index could not be built.
-- Result: one row with it and how often; no row where each stands once. Reads the whole table; asked
-- only where a column event_id stands without a unique index.
SELECT event_id, count(*) AS copies
  FROM public.attempts
 WHERE event_id IS NOT NULL
 GROUP BY event_id
HAVING count(*) > 1
 LIMIT 1
