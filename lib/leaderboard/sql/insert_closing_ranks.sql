-- Keeps the ranks of a close.
-- Parameters: $1 its name (weekly/2026-W47). Index: primary key. A second time is an error.
INSERT INTO nightshift.closing_ranks (closing, rank, user_id, attempts, correct)
SELECT $1::text, rank, user_id, attempts, correct FROM closing_staged
