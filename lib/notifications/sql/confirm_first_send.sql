-- Notes, by the database's clock, that somebody has confirmed the first send.
-- Parameters: $1 run id. Safe to repeat: the first word stays.
UPDATE nightshift.sending SET confirmed_at = clock_timestamp(), confirmed_by = $1::text WHERE confirmed_at IS NULL
