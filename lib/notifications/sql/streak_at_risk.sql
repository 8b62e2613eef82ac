-- Whose streak ends tonight: they learned on the previous day, and have not on this one. A streak that was
-- not judged today (check-streaks) is not known, and nothing is said of it.
-- Index: active_days' primary key, attempts (user_id, attempted_at). Fills candidates.
INSERT INTO candidates (kind, user_id, occasion, zone, slot_at, variables)
SELECT l.kind, l.user_id, l.day, l.zone, l.slot_at,
       jsonb_build_object('name', l.name, 'streak', u.study_streak::text)
  FROM plan p
 CROSS JOIN in_slot l
  JOIN public.users u ON u.id = l.user_id
  JOIN nightshift.active_days d ON d.user_id = l.user_id AND d.day = l.day - 1
 WHERE l.kind = 'streak_at_risk' AND u.study_streak > 0
   AND (SELECT (as_of AT TIME ZONE l.zone)::date FROM nightshift.arrivals) >= l.day
   AND NOT EXISTS (SELECT
                     FROM public.attempts a
                    WHERE a.user_id = u.id AND a.skipped IS NOT TRUE AND a.attempted_at <= p.as_of
                      AND a.attempted_at > (l.day - 1)::timestamp AT TIME ZONE l.zone
                      AND (a.attempted_at AT TIME ZONE l.zone)::date >= l.day)
