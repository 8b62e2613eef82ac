-- The database's time, and what was published last under a board's name.
-- Parameters: $1 board. Result: one row; now, as_of, published_at in Unix microseconds, the last
-- two and users NULL where it was never published. Index: primary key. Reads only.
-- The database's clock is the default as-of, and decides what lies in the future.
SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now,
       (extract(epoch FROM b.as_of) * 1000000)::bigint AS as_of,
       (extract(epoch FROM b.published_at) * 1000000)::bigint AS published_at,
       b.users
  FROM (VALUES ($1::text)) AS wanted (board)
  LEFT JOIN nightshift.boards b USING (board)
