-- How old the oldest of the leaderboards is that are served.
-- Result: one row; value (s), said, fix. By the database's clock. Reads only.
WITH oldest AS (
    SELECT board, extract(epoch FROM clock_timestamp() - published_at)::float8 AS seconds
      FROM nightshift.boards
     ORDER BY published_at
     LIMIT 1)
SELECT coalesce(o.seconds, 0) AS value,
       CASE WHEN o.board IS NULL THEN 'none was published'
            ELSE format('the %s board is of %s s ago', o.board, round(o.seconds::numeric)) END AS said,
       CASE WHEN o.board IS NOT NULL THEN format('nightshift recompute-leaderboard --period %s', o.board) END AS fix
  FROM (SELECT) AS one
  LEFT JOIN oldest o ON true
