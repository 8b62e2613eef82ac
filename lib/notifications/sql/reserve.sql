-- Reserves what a message costs out of a day's budget; no row: it is spent.
-- Parameters: $1 day, $2 cost, $3 currency, $4 budget. Index: primary key. Waits for others that do the same.
INSERT INTO nightshift.message_spending AS s (day, amount, currency)
SELECT $1::date, $2::numeric, $3::text
 WHERE $2::numeric <= $4::numeric
    ON CONFLICT (day) DO UPDATE
   SET amount = s.amount + excluded.amount
 WHERE s.amount + excluded.amount <= $4::numeric AND s.currency = excluded.currency
RETURNING amount
