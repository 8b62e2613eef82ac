-- What the plan would send, the most urgent first.
-- Result: kind, user, channel, address, locale, variables (JSON), phone ('': none), whether it is the first of its
-- notification, when it is no use any more (Unix microseconds). Reads planned, candidates and learners.
SELECT p.kind, p.user_id::text, p.channel, p.address, l.locale, c.variables::text, coalesce(l.phone, ''),
       (p.ordinal = min(p.ordinal) OVER (PARTITION BY p.number))::integer::bigint AS is_first,
       (extract(epoch FROM p.expires_at) * 1000000)::bigint AS expires_at, (p.number || '.' || p.ordinal) AS id
  FROM planned p
  JOIN candidates c ON c.number = p.number
  JOIN learners l ON l.number = p.number
 WHERE p.reason IS NULL
 ORDER BY p.priority, p.number, p.ordinal
