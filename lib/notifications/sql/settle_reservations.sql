-- Ends reservations: what was not spent goes back to its day's budget.
-- Parameters: $1 JSON: number, ordinal, is_spent. Index: primary keys. Safe to repeat: a reservation ends once.
WITH ended AS (
    DELETE FROM nightshift.message_reservations m
     USING jsonb_to_recordset($1::jsonb) AS r (number bigint, ordinal smallint, is_spent boolean)
     WHERE m.notification_id = r.number AND m.ordinal = r.ordinal
    RETURNING m.day, m.cost, r.is_spent)
UPDATE nightshift.message_spending s
   SET amount = greatest(s.amount - e.cost, 0)
  FROM (SELECT day, sum(cost) AS cost FROM ended WHERE NOT is_spent GROUP BY day) AS e
 WHERE s.day = e.day
