-- Whose streak has ended, as a pass saw it, and who was not told. Who has learned since, were it on the missed day,
-- needs no word.
-- Falls due at the first slot after.
-- Index: streak_events_untold, attempts (user_id, attempted_at). Fills candidates.
INSERT INTO candidates (kind, user_id, occasion, zone, slot_at, variables, reason)
SELECT s.kind, e.user_id, e.day, s.zone, s.slot_at, jsonb_build_object('name', u.name, 'streak', e.length::text),
       CASE WHEN EXISTS (SELECT
                           FROM public.attempts a
                          WHERE a.user_id = e.user_id AND a.skipped IS NOT TRUE AND a.attempted_at <= p.as_of
                            AND a.attempted_at > (e.day - 1)::timestamp AT TIME ZONE s.zone
                            AND (a.attempted_at AT TIME ZONE s.zone)::date >= e.day)
            THEN 'no longer due' END
  FROM plan p
  JOIN nightshift.streak_events e ON e.kind = 'broken' AND e.told_at IS NULL
                                 AND e.seen_at > p.as_of - interval '3 days' AND e.seen_at <= p.as_of
  JOIN zoned u ON u.user_id = e.user_id
  JOIN windows s ON s.kind = 'streak_broken' AND s.zone = u.zone
                AND e.seen_at <= s.slot_at AND e.seen_at > s.previous_at
 ORDER BY e.day
