-- Adds what notifications have used and cost to the days' sums, before they are deleted.
-- Parameters: $1 notification ids (a JSON array). Index: notification_attempts' primary key. Not to be repeated
-- for the same notifications: in the transaction that deletes them.
INSERT INTO nightshift.quantities AS q (day, service, item, quantity, cost, currency, messages, saved)
SELECT (a.ended_at AT TIME ZONE 'UTC')::date, a.provider, a.item, sum(coalesce(a.units, 1)), sum(coalesce(a.cost, 0)),
       coalesce(a.currency, ''), count(*) FILTER (WHERE a.class = 'accepted'), coalesce(sum(a.saved), 0)
  FROM nightshift.notification_attempts a
 WHERE a.notification_id IN (SELECT value::bigint FROM jsonb_array_elements_text($1::jsonb))
   AND a.class IN ('accepted', 'unknown') AND a.item IS NOT NULL
 GROUP BY 1, 2, 3, 6
    ON CONFLICT (day, service, item, currency) DO UPDATE
   SET quantity = q.quantity + excluded.quantity, cost = q.cost + excluded.cost,
       messages = q.messages + excluded.messages,
       saved = coalesce(q.saved, 0) + excluded.saved
