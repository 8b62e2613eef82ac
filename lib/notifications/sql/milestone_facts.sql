-- What a milestone asks for, of the one user of the plan. Result: facts. Reads the plan's tables.
SELECT 'milestones of the last 3 days that were not told: ' || count(e.user_id) AS facts
  FROM plan p
  LEFT JOIN nightshift.streak_events e ON e.user_id = p.only_user AND e.kind = 'milestone' AND e.told_at IS NULL
                                      AND e.seen_at > p.as_of - interval '3 days' AND e.seen_at <= p.as_of
