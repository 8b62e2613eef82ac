-- Notifications that may be pruned: planned before a time, with every delivery settled.
-- Parameters: $1 before, $2 most. Result: one row; ids (a JSON array) and how many.
-- Index: notifications by number, as they were planned.
SELECT coalesce(jsonb_agg(notification_id), '[]')::text AS ids, count(*) AS notifications
  FROM (SELECT n.notification_id
          FROM nightshift.notifications n
         WHERE n.planned_at < $1::timestamptz
           AND NOT EXISTS (SELECT
                             FROM nightshift.notification_deliveries d
                            WHERE d.notification_id = n.notification_id AND d.state IN ('pending', 'sending'))
         ORDER BY n.notification_id
         LIMIT $2::bigint) AS old
