-- Deliveries, the latest planned first.
-- Parameters: $1 state or reason or NULL, $2 kind or NULL, $3 user or NULL, $4 most.
-- Result: a row each; times in Unix microseconds, calls: how often a provider was called, and its last words.
-- Index: notifications by number, as they were planned, or by user. Reads only.
SELECT n.notification_id || '.' || d.ordinal AS id, n.user_id, n.kind, n.occasion, coalesce(d.channel, '') AS channel,
       coalesce(d.address, '') AS address, d.state, coalesce(d.reason, '') AS reason,
       (extract(epoch FROM n.planned_at) * 1000000)::bigint AS planned_at,
       (extract(epoch FROM d.not_before) * 1000000)::bigint AS not_before,
       (extract(epoch FROM d.expires_at) * 1000000)::bigint AS expires_at,
       (extract(epoch FROM d.settled_at) * 1000000)::bigint AS settled_at, d.attempts AS calls,
       coalesce(a.provider, '') AS provider, coalesce(a.class, '') AS class, coalesce(a.code, '') AS code,
       coalesce(a.why, '') AS why, coalesce(a.provider_id, '') AS provider_id, coalesce(a.cost::text, '') AS cost,
       coalesce(a.currency, '') AS currency
  FROM nightshift.notifications n
  JOIN nightshift.notification_deliveries d ON d.notification_id = n.notification_id
  LEFT JOIN nightshift.notification_attempts a
         ON a.notification_id = d.notification_id AND a.ordinal = d.ordinal AND a.attempt = d.attempts
 WHERE ($1::text IS NULL OR d.state = $1::text OR d.reason = $1::text)
   AND ($2::text IS NULL OR n.kind = $2::text)
   AND ($3::text IS NULL OR n.user_id = $3::text::nightshift.user_id)
 ORDER BY n.notification_id DESC, d.ordinal
 LIMIT $4::bigint
