-- Gives a reservation back that was not spent, and is of no delivery.
-- Parameters: $1 day, $2 cost. Index: primary key.
UPDATE nightshift.message_spending SET amount = greatest(amount - $2::numeric, 0) WHERE day = $1::date
