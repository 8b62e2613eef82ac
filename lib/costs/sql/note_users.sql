-- Notes how many users were active since the month (UTC) began, as today's. By the database's clock.
-- Reads users as a whole. Index: quantities' primary key. Safe to repeat.
WITH now AS (
    SELECT clock_timestamp() AS at, (clock_timestamp() AT TIME ZONE 'UTC')::date AS day)
INSERT INTO nightshift.quantities (day, service, item, quantity, cost, currency, noted_at)
SELECT n.day, 'app', 'active users', u.active, 0, '', n.at
  FROM now n
 CROSS JOIN LATERAL (SELECT count(*) AS active FROM public.users
                      WHERE last_activity_date >= date_trunc('month', n.at, 'UTC')) AS u
    ON CONFLICT (day, service, item, currency) DO UPDATE
   SET quantity = excluded.quantity, noted_at = excluded.noted_at
