-- Notes what deliveries that are about to be sent have reserved of a day's budget, so that it is known should their
-- process die.
-- Parameters: $1 JSON: number, ordinal, item, units, cost; $2 day, $3 provider, $4 currency. Index: primary key.
INSERT INTO nightshift.message_reservations (notification_id, ordinal, day, provider, item, units, cost, currency)
SELECT number, ordinal, $2::date, $3::text, item, units, cost, $4::text
  FROM jsonb_to_recordset($1::jsonb) AS r (number bigint, ordinal smallint, item text, units integer, cost numeric)
