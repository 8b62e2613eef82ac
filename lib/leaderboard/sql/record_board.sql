-- Writes down what is being published; runs in the transaction that confirms the fence.
-- Parameters: $1 board, $2 as_of, $3 published_at, $4 run id, $5 fence, $6 users, $7 checksum.
-- Index: primary key. Safe to repeat.
INSERT INTO nightshift.boards (board, as_of, published_at, run_id, fence, users, checksum)
VALUES ($1::text, $2::timestamptz, $3::timestamptz, $4::text, $5::bigint, $6::bigint, $7::text)
ON CONFLICT (board) DO UPDATE
   SET as_of = excluded.as_of, published_at = excluded.published_at, run_id = excluded.run_id,
       fence = excluded.fence, users = excluded.users, checksum = excluded.checksum
