-- Notes, by the database's clock, that somebody has confirmed the first send, to an allow-list or to everybody.
-- Parameters: $1 run id, $2 whether to everybody. Safe to repeat: the first word stays.
UPDATE nightshift.sending
   SET tried_at = coalesce(tried_at, clock_timestamp()),
       confirmed_at = CASE WHEN $2::boolean THEN coalesce(confirmed_at, clock_timestamp()) ELSE confirmed_at END,
       confirmed_by = CASE WHEN $2::boolean THEN coalesce(confirmed_by, $1::text) ELSE confirmed_by END
