-- Holds back a kind, a provider's messages, or everything. By the database's clock.
-- Parameters: $1 what, $2 by whom. Result: a row where it was not held back. Index: primary key. Safe to repeat.
INSERT INTO nightshift.notification_pauses (what, since, by)
VALUES ($1::text, clock_timestamp(), $2::text)
    ON CONFLICT (what) DO NOTHING
RETURNING what
