-- Writes the plan down: on which channels and to which addresses.
-- Parameters: $1 the number before the first. Reads planned.
INSERT INTO nightshift.notification_deliveries (notification_id, ordinal, kind, user_id, channel, address, priority,
                                                state, reason, not_before, expires_at, settled_at)
SELECT $1::bigint + d.number, d.ordinal, d.kind, d.user_id, d.channel, d.address, d.priority,
       CASE WHEN d.reason IS NULL THEN 'pending' WHEN d.reason = 'rejected' THEN 'rejected' ELSE 'skipped' END,
       CASE d.reason WHEN 'rejected' THEN 'a value is missing' ELSE d.reason END,
       d.not_before, d.expires_at, CASE WHEN d.reason IS NOT NULL THEN p.as_of END
  FROM plan p
 CROSS JOIN planned d
