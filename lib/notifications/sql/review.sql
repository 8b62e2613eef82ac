-- Who has items to review: at least as many as asked for.
-- Index: review_items (user_id, due_at): for each learner in the window, or read from end to end where they are many,
-- and a quarter of all; that is quicker by half, where Postgres knows how many items there are. Fills candidates.
WITH crowd AS MATERIALIZED (
    SELECT sum(n.users) FILTER (WHERE s.zone IS NOT NULL) > greatest(10000, sum(n.users) / 4)
           AND (SELECT reltuples > 0 FROM pg_class WHERE oid = 'public.review_items'::regclass) AS is_large
      FROM named n
      JOIN plan_kinds k ON k.kind = 'review'
      LEFT JOIN windows s ON s.kind = k.kind AND s.hour = k.hour AND s.zone = n.zone)
INSERT INTO candidates (kind, user_id, occasion, zone, slot_at, variables)
SELECT l.kind, l.user_id, l.day, l.zone, l.slot_at, jsonb_build_object('name', l.name, 'due', d.due::text)
  FROM plan p
  JOIN in_slot l ON l.kind = 'review'
 CROSS JOIN LATERAL (SELECT count(*) AS due
                       FROM public.review_items r
                      WHERE r.user_id = l.user_id AND r.due_at <= p.as_of) AS d
 WHERE (SELECT is_large FROM crowd) IS NOT TRUE AND d.due >= p.min_due
 UNION ALL
SELECT l.kind, l.user_id, l.day, l.zone, l.slot_at, jsonb_build_object('name', l.name, 'due', d.due::text)
  FROM plan p
  JOIN in_slot l ON l.kind = 'review'
  JOIN (SELECT user_id, count(*) AS due
          FROM (SELECT r.user_id
                  FROM public.review_items r
                 WHERE r.due_at <= (SELECT as_of FROM plan)
                 ORDER BY r.user_id) AS items  -- so that they are counted as they come
         GROUP BY 1) AS d ON d.user_id = l.user_id
 WHERE (SELECT is_large FROM crowd) AND d.due >= p.min_due
