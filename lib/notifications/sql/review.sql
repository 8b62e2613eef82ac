-- Who has items to review: at least as many as asked for.
-- Index: review_items (user_id, due_at), or all of them where nearly everybody is in the window.
INSERT INTO candidates (kind, user_id, occasion, zone, slot_at, variables)
SELECT 'review', l.user_id, (l.slot_at AT TIME ZONE l.zone)::date::text, l.zone, l.slot_at,
       jsonb_build_object('name', l.name, 'due', d.due::text)
  FROM in_slot l
  JOIN (SELECT r.user_id::nightshift.user_id AS user_id, count(*) AS due
          FROM public.review_items r, plan p
         WHERE r.due_at <= p.as_of
           AND EXISTS (SELECT FROM in_slot l WHERE l.kind = 'review' AND l.user_id = r.user_id)
         GROUP BY 1) AS d ON d.user_id = l.user_id
 WHERE l.kind = 'review' AND d.due >= (SELECT min_due FROM plan)
