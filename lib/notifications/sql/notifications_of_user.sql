-- Everything that was to be said to a user.
-- Parameters: $1 user. Result: one row; ids (a JSON array), how many, and how many deliveries are on their way.
-- Index: notifications by user. Locks nothing.
SELECT coalesce(jsonb_agg(n.notification_id), '[]')::text AS ids, count(*) AS notifications,
       (SELECT count(*)
          FROM nightshift.notification_deliveries d
          JOIN nightshift.notifications o ON o.notification_id = d.notification_id
         WHERE o.user_id = $1::text::nightshift.user_id AND d.state = 'sending') AS on_their_way,
       EXISTS (SELECT FROM public.users u WHERE u.id = $1::text::nightshift.user_id) AS still_stands
  FROM nightshift.notifications n
 WHERE n.user_id = $1::text::nightshift.user_id
