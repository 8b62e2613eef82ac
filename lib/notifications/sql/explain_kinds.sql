-- Why each kind is due for one user, or is not. After the plan was worked out for them alone.
-- Result: a row a kind; slot_at and ends_at of the window that is open or was the last (Unix microseconds),
-- whether it is open, what the kind asks for, and what was made of it. Reads the plan's tables.
WITH learner AS (
    SELECT u.id, u.study_streak, coalesce(z.zone, p.default_zone) AS zone, p.as_of, p.min_due, p.installed_at,
           (p.as_of AT TIME ZONE coalesce(z.zone, p.default_zone))::date AS today
      FROM plan p
      JOIN public.users u ON u.id = p.only_user
      LEFT JOIN nightshift.zones z ON z.key = lower(u.timezone)),
     windows AS (
    SELECT k.kind, l.*, k.lasts, s.slot_at, s.slot_at + k.lasts AS ends_at
      FROM learner l
     CROSS JOIN plan_kinds k
      LEFT JOIN LATERAL (
        SELECT coalesce(min(w.preferred_hour) FILTER (WHERE w.category = k.category),
                        min(w.preferred_hour) FILTER (WHERE w.category = 'all')) AS hour
          FROM public.notification_preferences w
         WHERE w.user_id = l.id AND k.is_chosen AND w.preferred_hour BETWEEN 0 AND 23) AS own ON true
      JOIN slots s ON s.zone = l.zone AND s.hour = coalesce(own.hour, k.hour)),
     closes AS (
    SELECT DISTINCT ON (kind) split_part(b.closing, '/', 1) AS kind, 'rank ' || r.rank || ' of ' || b.closing AS said
      FROM learner l
      JOIN nightshift.board_closings b ON b.as_of <= l.as_of
      JOIN nightshift.closing_ranks r ON r.closing = b.closing AND r.user_id = l.id
     ORDER BY kind, b.as_of DESC)
SELECT w.kind, (extract(epoch FROM coalesce(c.slot_at, w.slot_at)) * 1000000)::bigint AS slot_at,
       (extract(epoch FROM coalesce(c.slot_at + w.lasts, w.ends_at)) * 1000000)::bigint AS ends_at,
       coalesce(c.slot_at + w.lasts, w.ends_at) > w.as_of AS is_open,
       coalesce(c.slot_at, w.slot_at) < w.installed_at AS is_before_installation,
       CASE w.kind
           WHEN 'review' THEN (SELECT count(*)
                                 FROM public.review_items r
                                WHERE r.user_id = w.id AND r.due_at <= w.as_of)
                              || ' items are due, and ' || w.min_due || ' are asked for'
           WHEN 'streak_at_risk' THEN
               'streak ' || coalesce(w.study_streak, 0) || ', learned yesterday: '
               || CASE WHEN EXISTS (SELECT
                                      FROM nightshift.active_days d
                                     WHERE d.user_id = w.id AND d.day = w.today - 1)
                       THEN 'yes' ELSE 'no' END
               || ', today: '
               || CASE WHEN EXISTS (SELECT
                                      FROM public.attempts a
                                     WHERE a.user_id = w.id AND a.skipped IS NOT TRUE AND a.attempted_at <= w.as_of
                                       AND a.attempted_at > w.as_of - interval '26 hours'
                                       AND (a.attempted_at AT TIME ZONE w.zone)::date = w.today)
                       THEN 'yes' ELSE 'no' END
               || ', streaks judged as of '
               || coalesce((SELECT to_char(as_of AT TIME ZONE w.zone, 'YYYY-MM-DD HH24:MI')
                              FROM nightshift.arrivals), 'never')
           WHEN 'weekly_result' THEN coalesce((SELECT said FROM closes WHERE kind = 'weekly'), 'not ranked at a close')
           WHEN 'monthly_report' THEN
               coalesce((SELECT said FROM closes WHERE kind = 'monthly'), 'not ranked in a month that is kept')
           ELSE (SELECT count(*)
                   FROM nightshift.streak_events e
                  WHERE e.user_id = w.id AND e.told_at IS NULL AND e.seen_at > w.as_of - interval '3 days'
                    AND e.seen_at <= w.as_of
                    AND e.kind = CASE w.kind WHEN 'milestone' THEN 'milestone' ELSE 'broken' END)
                || ' events of the last 3 days were not told'
       END AS facts,
       coalesce((SELECT string_agg(concat_ws(' ', d.channel, coalesce(d.reason, 'eligible')), '; '
                                   ORDER BY d.number, d.ordinal)
                   FROM planned d
                  WHERE d.kind = w.kind), '') AS verdict,
       coalesce(c.occasion, '') AS occasion
  FROM windows w
  LEFT JOIN LATERAL (SELECT slot_at, occasion
                       FROM candidates c
                      WHERE c.kind = w.kind
                      ORDER BY slot_at DESC
                      LIMIT 1) AS c ON true
 ORDER BY w.kind
