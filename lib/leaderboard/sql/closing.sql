-- The close of a week as it was kept.
-- Parameters: $1 its name (weekly/2026-W47), or NULL for the latest. Result: one row or none; times in
-- Unix microseconds. Index: primary key. Reads only.
SELECT closing, (extract(epoch FROM as_of) * 1000000)::bigint AS as_of,
       (extract(epoch FROM closed_at) * 1000000)::bigint AS closed_at, run_id, users, document, checksum
  FROM nightshift.board_closings
 WHERE closing LIKE 'weekly/%' AND ($1::text IS NULL OR closing = $1::text)
 ORDER BY as_of DESC
 LIMIT 1
