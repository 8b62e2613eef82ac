-- Whose streak has ended, as a pass saw it, and who was not told. Who has begun anew needs no word.
-- Falls due at the first slot after.
-- Index: streak_events_untold.
INSERT INTO candidates (kind, user_id, occasion, zone, slot_at, variables, reason)
SELECT k.kind, e.user_id, e.day::text, s.zone, s.slot_at,
       jsonb_build_object('name', u.name, 'streak', e.length::text),
       CASE WHEN EXISTS (SELECT
                           FROM public.attempts a
                          WHERE a.user_id = u.id AND a.skipped IS NOT TRUE AND a.attempted_at <= p.as_of
                            AND a.attempted_at > e.seen_at - interval '26 hours'
                            AND (a.attempted_at AT TIME ZONE s.zone)::date > e.day)
            THEN 'no longer due' END
  FROM plan p
 CROSS JOIN plan_kinds k
  JOIN nightshift.streak_events e ON e.kind = 'broken' AND e.told_at IS NULL
                                 AND e.seen_at > p.as_of - interval '3 days' AND e.seen_at <= p.as_of
                                 AND (p.only_user IS NULL OR e.user_id = p.only_user)
  JOIN public.users u ON u.id = e.user_id
  LEFT JOIN nightshift.zones z ON z.key = lower(u.timezone)
  JOIN slots s ON s.zone = coalesce(z.zone, p.default_zone) AND s.hour = k.hour
              AND e.seen_at <= s.slot_at AND e.seen_at > s.previous_at
 WHERE k.kind = 'streak_broken' AND s.slot_at + k.lasts > p.as_of AND s.slot_at >= p.installed_at
