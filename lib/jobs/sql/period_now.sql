-- The database's time, and the period that a run of now belongs to.
-- Parameters: $1 unit, $2 zone. Result: now and period (Unix microseconds).
-- Uses the database's clock: the one written exception to "time is a parameter". 60 s ahead of it, as
-- cron's tick can come just before the database's minute.
SELECT (extract(epoch FROM now) * 1000000)::bigint AS now,
       (extract(epoch FROM nightshift.period($1::text, now + interval '60 seconds', $2::text))
           * 1000000)::bigint AS period
  FROM (VALUES (clock_timestamp())) AS clock (now)
