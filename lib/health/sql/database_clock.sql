-- What time it is by the database's clock.
-- Result: one row; now (Unix microseconds). Reads only.
SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now
