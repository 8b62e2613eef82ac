-- What holds for one user in every kind. After the plan was worked out for them alone.
-- Result: one row. Reads plan and the user's rows.
SELECT u.name, coalesce(u.timezone, '') AS named, coalesce(z.zone, p.default_zone) AS zone,
       z.zone IS NOT NULL AS is_valid,
       to_char(p.as_of AT TIME ZONE coalesce(z.zone, p.default_zone), 'YYYY-MM-DD HH24:MI') AS local_time,
       coalesce(u.has_app_installed, false) AS has_app,
       coalesce((SELECT string_agg(concat_ws(' ', w.category || '/' || w.channel,
                                             CASE WHEN w.enabled IS FALSE THEN 'off' ELSE 'on' END,
                                             'quiet ' || w.quiet_from || ' to ' || w.quiet_until,
                                             'hour ' || w.preferred_hour), '; ' ORDER BY w.category, w.channel)
                   FROM public.notification_preferences w
                  WHERE w.user_id = u.id), '') AS wishes,
       (SELECT count(*)
          FROM nightshift.notifications n
         WHERE n.user_id = u.id AND n.planned_at > p.as_of - interval '24 hours'
           AND EXISTS (SELECT
                         FROM nightshift.notification_deliveries d
                        WHERE d.notification_id = n.notification_id
                          AND d.state IN ('pending', 'sending', 'accepted', 'unknown'))) AS said_today,
       coalesce((SELECT string_agg(what, ', ' ORDER BY what) FROM nightshift.notification_pauses), '') AS paused
  FROM plan p
  JOIN public.users u ON u.id = p.only_user
  LEFT JOIN nightshift.zones z ON z.key = lower(u.timezone)
