-- Where a file's rows wait to be compared with the table; gone with the transaction. The columns
-- have the table's own types: the id domains would cost a check for every value read.
CREATE TEMPORARY TABLE attempts_staged ON COMMIT DROP AS
SELECT NULL::bigint AS line, user_id, question_id, is_correct, skipped, attempted_at, event_id
  FROM public.attempts
  WITH NO DATA
