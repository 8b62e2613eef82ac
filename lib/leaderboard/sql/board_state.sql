-- The database's time, and the as-of of what was published last under a board's name.
-- Parameters: $1 board. Result: one row; now and as_of in Unix microseconds, as_of NULL where it
-- was never published. Index: primary key. Reads only.
-- The database's clock is the default as-of, and decides what lies in the future.
SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now,
       (extract(epoch FROM b.as_of) * 1000000)::bigint AS as_of
  FROM (VALUES ($1::text)) AS wanted (board)
  LEFT JOIN nightshift.boards b USING (board)
