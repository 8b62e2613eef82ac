-- Writes the plan down: what is to be said.
-- Parameters: $1 the number before the first, $2 run id. Under the lock on the table, as find_in_slot and others
-- have looked at it before. Reads candidates, learners and planned.
INSERT INTO nightshift.notifications (notification_id, user_id, kind, occasion, zone, locale, template_version,
                                      variables, slot_at, planned_at, run_id)
SELECT $1::bigint + c.number, c.user_id, c.kind, c.occasion, c.zone, coalesce(l.locale, ''), coalesce(l.version, ''),
       c.variables, c.slot_at, p.as_of, $2::text
  FROM plan p
 CROSS JOIN candidates c
  JOIN learners l ON l.number = c.number
 WHERE EXISTS (SELECT FROM planned d WHERE d.number = c.number AND d.is_kept)
