-- Where none of a learner's devices could be reached, and none may have been, an e-mail says it instead: a fallback
-- that costs next to nothing.
-- Parameters: $1 JSON: number; $2 now, $3 whether e-mail is set up. Result: a row per delivery that was added.
-- Index: primary keys. Safe to repeat.
INSERT INTO nightshift.notification_deliveries (notification_id, ordinal, kind, user_id, channel, address, priority,
                                                state, reason, not_before, expires_at, settled_at)
SELECT n.notification_id, d.ordinal + 1, n.kind, n.user_id, 'email', u.email, d.priority,
       CASE WHEN is_good THEN 'pending' ELSE 'skipped' END, CASE WHEN NOT is_good THEN 'no address' END,
       $2::timestamptz, d.expires_at, CASE WHEN NOT is_good THEN $2::timestamptz END
  FROM (SELECT DISTINCT number FROM jsonb_to_recordset($1::jsonb) AS r (number bigint)) AS r
  JOIN nightshift.notifications n ON n.notification_id = r.number
  JOIN public.users u ON u.id = n.user_id
 CROSS JOIN LATERAL (SELECT max(ordinal) AS ordinal, max(priority) AS priority, max(expires_at) AS expires_at,
                            bool_and(channel = 'push'
                                     AND (state IN ('dead', 'suppressed') OR reason = 'stale token')) AS is_lost
                       FROM nightshift.notification_deliveries
                      WHERE notification_id = n.notification_id) AS d
 CROSS JOIN LATERAL (
    SELECT coalesce(u.email ~ '^[^@[:space:]<>,;"]+@[^@[:space:]<>,;"]+\.[^@[:space:]<>,;"]+$', false) AS is_good) AS g
 WHERE d.is_lost AND $3::boolean
    ON CONFLICT DO NOTHING
RETURNING notification_id, ordinal, state, reason
