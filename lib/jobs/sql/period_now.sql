-- The database's time, the period that a run of now belongs to, and the one that an instant belongs to.
-- Parameters: $1 unit, $2 zone, $3 an instant or NULL. Result: now, period and asked (Unix microseconds).
-- Uses the database's clock: the one written exception to "time is a parameter". 60 s ahead of it, as
-- cron's tick can come just before the database's minute.
SELECT (extract(epoch FROM now) * 1000000)::bigint AS now,
       (extract(epoch FROM nightshift.period($1::text, now + interval '60 seconds', $2::text))
           * 1000000)::bigint AS period,
       (extract(epoch FROM nightshift.period($1::text, $3::timestamptz, $2::text))
           * 1000000)::bigint AS asked
  FROM (VALUES (clock_timestamp())) AS clock (now)
