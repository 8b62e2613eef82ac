-- Fresh attempts that are dated after the as-of wait until it reaches them.
-- Parameters: $1 as-of. Index: none, fresh as a whole.
WITH future AS (
    DELETE FROM fresh
     WHERE attempted_at > $1::timestamptz
    RETURNING user_id, attempted_at, is_correct)
INSERT INTO nightshift.arrivals_pending (user_id, attempted_at, is_correct)
SELECT user_id, attempted_at, is_correct FROM future
