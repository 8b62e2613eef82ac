-- Writes the plan down: what is to be said.
-- Parameters: $1 the number before the first, $2 run id. Under the lock on the table, as learners have been looked
-- for in it before. Reads candidates and kept.
INSERT INTO nightshift.notifications (notification_id, user_id, kind, occasion, zone, locale, template_version,
                                      variables, slot_at, planned_at, run_id)
SELECT $1::bigint + c.number, c.user_id, c.kind, c.occasion, c.zone, d.locale, l.version, c.variables, c.slot_at,
       p.as_of, $2::text
  FROM plan p
 CROSS JOIN candidates c
  JOIN (SELECT number, min(locale) AS locale FROM kept GROUP BY number) AS d ON d.number = c.number
  JOIN plan_locales l ON l.kind = c.kind AND l.locale = d.locale
