-- Where the ranks of a close wait until they are whole; gone with the transaction. Rows that are not
-- committed would make another close wait for a process that may have been paused.
CREATE TEMPORARY TABLE closing_staged ON COMMIT DROP AS
SELECT rank, user_id, attempts, correct
  FROM nightshift.closing_ranks
  WITH NO DATA
