-- What a streak at risk asks for, of the one user of the plan. Result: facts. Reads the plan's tables.
SELECT 'streak ' || coalesce(u.study_streak, 0) || ', learned yesterday: '
       || CASE WHEN EXISTS (SELECT
                              FROM nightshift.active_days d
                             WHERE d.user_id = u.id AND d.day = t.today - 1)
               THEN 'yes' ELSE 'no' END
       || ', today: '
       || CASE WHEN EXISTS (SELECT
                              FROM public.attempts a
                             WHERE a.user_id = u.id AND a.skipped IS NOT TRUE AND a.attempted_at <= p.as_of
                               AND a.attempted_at > p.as_of - interval '26 hours'
                               AND (a.attempted_at AT TIME ZONE z.zone)::date >= t.today)
               THEN 'yes' ELSE 'no' END
       || ', streaks judged as of '
       || coalesce((SELECT to_char(as_of AT TIME ZONE z.zone, 'YYYY-MM-DD HH24:MI') FROM nightshift.arrivals),
                   'never') AS facts
  FROM plan p
 CROSS JOIN zoned z
  JOIN public.users u ON u.id = z.user_id
 CROSS JOIN LATERAL (SELECT (p.as_of AT TIME ZONE z.zone)::date AS today) AS t
