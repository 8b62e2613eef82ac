-- Of notifications of a review those that need not be said any more: fewer items are due by now.
-- Parameters: $1 notifications (a JSON array of numbers), $2 what holds now (JSON: now, min_due). Result: number.
-- Index: primary key, review_items (user_id, due_at). Reads only.
WITH n AS MATERIALIZED (
    SELECT *, (ROW(user_id)::nightshift.app_user).id AS app_id
      FROM nightshift.notifications
     WHERE notification_id = ANY (ARRAY(SELECT jsonb_array_elements_text($1::jsonb)::bigint)))
SELECT n.notification_id AS number
  FROM (SELECT ($2::jsonb ->> 'now')::timestamptz AS now, ($2::jsonb ->> 'min_due')::bigint AS min_due) AS p
 CROSS JOIN n
 WHERE (SELECT count(*)
          FROM public.review_items r
         WHERE r.user_id = n.app_id AND r.due_at <= p.now) < p.min_due
