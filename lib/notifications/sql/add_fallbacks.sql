-- Where none of a learner's devices could be reached, and none may have been, an e-mail says it instead: a fallback
-- that costs next to nothing.
-- Parameters: $1 notifications (a JSON array of numbers), $2 now, $3 whether e-mail is set up.
-- Result: a row per delivery that was added.
-- Index: primary keys. Safe to repeat.
INSERT INTO nightshift.notification_deliveries (notification_id, ordinal, kind, user_id, channel, address, priority,
                                                state, reason, not_before, expires_at, settled_at)
SELECT n.notification_id, d.ordinal + 1, n.kind, n.user_id, 'email', u.email, d.priority,
       CASE WHEN is_good THEN 'pending' ELSE 'skipped' END, CASE WHEN NOT is_good THEN 'no address' END,
       $2::timestamptz, d.expires_at, CASE WHEN NOT is_good THEN $2::timestamptz END
  FROM jsonb_array_elements_text($1::jsonb) AS each
  JOIN nightshift.notifications n ON n.notification_id = each::bigint
  JOIN public.users u ON u.id = n.user_id
 CROSS JOIN LATERAL (SELECT max(ordinal) AS ordinal, max(priority) AS priority, max(expires_at) AS expires_at,
                            bool_and(channel = 'push'
                                     AND (state IN ('dead', 'suppressed') OR reason = 'stale token')) AS is_lost
                       FROM nightshift.notification_deliveries
                      WHERE notification_id = n.notification_id) AS d
 CROSS JOIN LATERAL (SELECT nightshift.is_email(u.email) AS is_good) AS g
 WHERE d.is_lost AND $3::boolean
    ON CONFLICT DO NOTHING
RETURNING kind, state, reason
