-- Who has reached a milestone, as a pass saw it, and was not told. Falls due at the first slot after.
-- Index: streak_events_untold. Fills candidates.
INSERT INTO candidates (kind, user_id, occasion, zone, slot_at, variables)
SELECT s.kind, e.user_id, e.day || '/' || e.length, s.zone, s.slot_at,
       jsonb_build_object('name', u.name, 'streak', e.length::text)
  FROM plan p
  JOIN nightshift.streak_events e ON e.kind = 'milestone' AND e.told_at IS NULL
                                 AND e.seen_at > p.as_of - interval '3 days' AND e.seen_at <= p.as_of
  JOIN zoned u ON u.user_id = e.user_id
  JOIN windows s ON s.kind = 'milestone' AND s.zone = u.zone AND e.seen_at <= s.slot_at AND e.seen_at > s.previous_at
 ORDER BY e.day, e.length
