-- Nobody gets more than so many notifications in 24 hours; the more urgent go first.
-- Parameters: $1 how many. Index: notifications_planned. Reads and writes planned.
WITH said AS (
    SELECT n.user_id, count(*) AS notifications
      FROM nightshift.notifications n
     WHERE n.planned_at > (SELECT as_of FROM plan) - interval '24 hours'
       AND EXISTS (SELECT
                     FROM nightshift.notification_deliveries d
                    WHERE d.notification_id = n.notification_id
                      AND d.state IN ('pending', 'sending', 'accepted', 'unknown'))
     GROUP BY 1),
     crowded AS (
    SELECT l.user_id, greatest($1::bigint - coalesce(s.notifications, 0), 0) AS room
      FROM (SELECT user_id, count(*) AS notifications FROM learners WHERE reason IS NULL GROUP BY 1) AS l
      LEFT JOIN said s ON s.user_id = l.user_id
     WHERE l.notifications + coalesce(s.notifications, 0) > $1::bigint)
UPDATE planned
   SET reason = 'capped'
  FROM (SELECT p.number, p.ordinal, c.room,
               dense_rank() OVER (PARTITION BY p.user_id ORDER BY p.priority, p.number) AS place
          FROM planned p
          JOIN crowded c ON c.user_id = p.user_id
         WHERE p.reason IS NULL) AS ranked
 WHERE planned.number = ranked.number AND planned.ordinal = ranked.ordinal AND ranked.place > ranked.room
