-- What the plan would send, the most urgent first.
-- Result: kind, user, channel, address, locale, variables (JSON), phone ('': none), when it is no use any more (Unix
-- microseconds), number, ordinal. Reads planned.
SELECT p.kind, p.user_id::text, p.channel, p.address, p.locale, p.variables::text, coalesce(u.phone, ''),
       (extract(epoch FROM p.expires_at) * 1000000)::bigint AS expires_at, p.number, p.ordinal::bigint
  FROM planned p
  JOIN public.users u ON u.id = p.user_id
 WHERE p.reason IS NULL
 ORDER BY p.priority, p.number, p.ordinal
