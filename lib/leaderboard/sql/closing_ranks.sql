-- Everybody who was ranked at a close, best first.
-- Parameters: $1 its name (weekly/2026-W47).
-- Result: user_id, attempts, correct; a row's rank is its position.
-- Index: primary key, which has the order. Reads only.
SELECT user_id, attempts, correct
  FROM nightshift.closing_ranks
 WHERE closing = $1::text
 ORDER BY rank
