-- Who has items to review: the same as review.sql, where learners in the window are a crowd; quicker by half.
-- Index: review_items (user_id, due_at), from end to end, in whose order items are counted as they come.
-- Fills candidates.
INSERT INTO candidates (kind, user_id, occasion, zone, slot_at, variables)
SELECT l.kind, l.user_id, l.day, l.zone, l.slot_at, jsonb_build_object('name', l.name, 'due', d.due::text)
  FROM in_slot l
  JOIN (SELECT user_id, count(*) AS due
          FROM (SELECT r.user_id
                  FROM public.review_items r
                 WHERE r.due_at <= (SELECT as_of FROM plan)
                 ORDER BY r.user_id) AS items
         GROUP BY 1
        HAVING count(*) >= (SELECT min_due FROM plan)) AS d ON d.user_id = l.user_id
 WHERE l.kind = 'review'
