-- The month before an instant, by a zone's calendar.
-- Parameters: $1 the instant, $2 zone. Result: one row; name (monthly/2026-10), began and ended (Unix
-- microseconds), and whether its ranks are kept. Index: board_closings' primary key. Reads only.
SELECT name, (extract(epoch FROM (this_month - interval '1 month') AT TIME ZONE $2::text) * 1000000)::bigint AS began,
       (extract(epoch FROM this_month AT TIME ZONE $2::text) * 1000000)::bigint AS ended,
       EXISTS (SELECT FROM nightshift.board_closings WHERE closing = name) AS is_kept
  FROM (SELECT date_trunc('month', $1::timestamptz AT TIME ZONE $2::text) AS this_month) AS m
 CROSS JOIN LATERAL (SELECT 'monthly/' || to_char(this_month - interval '1 month', 'YYYY-MM') AS name) AS n
