-- The boards that were published last.
-- Result: board, users, checksum (SHA-256 of the document, hex). Reads only.
SELECT board, users, checksum FROM nightshift.boards
