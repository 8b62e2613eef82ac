-- Who has items to review: at least as many as asked for.
-- Index: review_items (user_id, due_at), for each learner in the window. Fills candidates.
INSERT INTO candidates (kind, user_id, occasion, zone, slot_at, variables)
SELECT l.kind, l.user_id, l.day, l.zone, l.slot_at, jsonb_build_object('name', l.name, 'due', d.due::text)
  FROM in_slot l
 CROSS JOIN LATERAL (SELECT count(*) AS due
                       FROM public.review_items r
                      WHERE r.user_id = l.user_id AND r.due_at <= (SELECT as_of FROM plan)) AS d
 WHERE l.kind = 'review' AND d.due >= (SELECT min_due FROM plan)
