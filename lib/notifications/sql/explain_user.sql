-- What holds for one user in every kind. After the plan was worked out for them alone.
-- Result: one row. Reads plan and the user's rows.
SELECT z.name, coalesce(z.named, '') AS named, z.zone, z.is_valid,
       to_char(p.as_of AT TIME ZONE z.zone, 'YYYY-MM-DD HH24:MI') AS local_time,
       coalesce(u.has_app_installed, false) AS has_app,
       (SELECT count(*)
          FROM (SELECT (coalesce(max(d.settled_at), greatest(max(d.not_before), n.planned_at))
                        AT TIME ZONE n.zone)::date AS day
                  FROM nightshift.notifications n
                  JOIN nightshift.notification_deliveries d
                    ON d.notification_id = n.notification_id
                   AND d.state IN ('pending', 'sending', 'accepted', 'unknown')
                 WHERE n.user_id = z.user_id AND n.planned_at > p.as_of - interval '3 days'
                 GROUP BY n.notification_id) AS each
         WHERE day = (p.as_of AT TIME ZONE z.zone)::date) AS said_today
  FROM plan p
 CROSS JOIN zoned z
  JOIN public.users u ON u.id = z.user_id
