-- Keeps a close, with the ranks that were loaded in the same transaction.
-- Parameters: $1 name, $2 as_of, $3 run id, $4 users, $5 document, $6 checksum.
-- Uses the database's clock. Index: primary key. A second one of the same name is an error: history is
-- written once.
INSERT INTO nightshift.board_closings (closing, as_of, closed_at, run_id, users, document, checksum)
VALUES ($1::text, $2::timestamptz, clock_timestamp(), $3::text, $4::bigint, $5::text, $6::text)
