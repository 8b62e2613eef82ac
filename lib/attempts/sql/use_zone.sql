-- Makes a zone the one of times without an offset, for this transaction.
-- Parameters: $1 IANA name. Result: one row; none where Postgres knows no such zone (SET alone
-- accepts made-up ones such as Foo+5).
SELECT set_config('TimeZone', name, true) AS zone
  FROM pg_timezone_names
 WHERE lower(name) = lower($1::text)
