-- Writes the plan down: what is to be said.
-- Parameters: $1 the number before the first, $2 run id. Under the lock on the table, as learners have been looked
-- for in it before. Reads planned.
INSERT INTO nightshift.notifications (notification_id, user_id, kind, occasion, zone, locale, template_version,
                                      variables, slot_at, planned_at, run_id)
SELECT $1::bigint + d.number, d.user_id, d.kind, d.occasion, d.zone, d.locale, d.version, d.variables, d.slot_at,
       p.as_of, $2::text
  FROM plan p
 CROSS JOIN planned d
 WHERE d.is_head
