-- Who has reached a milestone, as a pass saw it, and was not told. Falls due at the first slot after.
-- Index: streak_events_untold.
INSERT INTO candidates (kind, user_id, occasion, zone, slot_at, variables)
SELECT k.kind, e.user_id, e.day || '/' || e.length, s.zone, s.slot_at,
       jsonb_build_object('name', u.name, 'streak', e.length::text)
  FROM plan p
 CROSS JOIN plan_kinds k
  JOIN nightshift.streak_events e ON e.kind = 'milestone' AND e.told_at IS NULL
                                 AND e.seen_at > p.as_of - interval '3 days' AND e.seen_at <= p.as_of
                                 AND (p.only_user IS NULL OR e.user_id = p.only_user)
  JOIN public.users u ON u.id = e.user_id
  LEFT JOIN nightshift.zones z ON z.key = lower(u.timezone)
  JOIN slots s ON s.zone = coalesce(z.zone, p.default_zone) AND s.hour = k.hour
              AND e.seen_at <= s.slot_at AND e.seen_at > s.previous_at
 WHERE k.kind = 'milestone' AND s.slot_at + k.lasts > p.as_of AND s.slot_at >= p.installed_at
