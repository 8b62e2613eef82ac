-- Nobody gets more than so many notifications on a day of their own; the more urgent go first. A day is that on which
-- a message goes out, which quiet hours may have put off.
-- Parameters: $1 how many, $2 how many kinds the plan has: where they are fewer, and nothing else goes out on the
-- day, nobody can have too many. Index: notifications_planned, or by user. Reads and writes planned.
WITH fresh AS MATERIALIZED (
    SELECT d.number, d.user_id, d.priority, (greatest(d.not_before, p.as_of) AT TIME ZONE d.zone)::date AS day
      FROM plan p
     CROSS JOIN (SELECT number, user_id, zone, priority, min(not_before) AS not_before
                   FROM planned
                  WHERE reason IS NULL
                  GROUP BY 1, 2, 3, 4) AS d),
     said AS MATERIALIZED (
    SELECT user_id, day, count(*) AS notifications
      FROM (SELECT n.user_id, (coalesce(max(d.settled_at), greatest(max(d.not_before), n.planned_at))
                               AT TIME ZONE n.zone)::date AS day
              FROM plan p
              JOIN nightshift.notifications n ON n.planned_at > p.as_of - interval '3 days'
              JOIN nightshift.notification_deliveries d
                ON d.notification_id = n.notification_id AND d.state IN ('pending', 'sending', 'accepted', 'unknown')
             WHERE n.user_id IN (SELECT user_id FROM fresh)
             GROUP BY n.notification_id) AS each
     GROUP BY 1, 2),
     ranked AS (
    SELECT f.number, coalesce(s.notifications, 0)
           + row_number() OVER (PARTITION BY f.user_id, f.day ORDER BY f.priority, f.number) AS place
      FROM fresh f
      LEFT JOIN said s ON s.user_id = f.user_id AND s.day = f.day
     WHERE $2::bigint + (SELECT coalesce(max(notifications), 0) FROM said) > $1::bigint)
UPDATE planned
   SET reason = 'capped'
  FROM ranked r
 WHERE planned.number = r.number AND planned.reason IS NULL AND r.place > $1::bigint
