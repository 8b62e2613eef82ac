-- On which channels and to which addresses, and why not.
-- Index: suppressions' primary key. Fills planned.
INSERT INTO planned (number, ordinal, kind, user_id, priority, channel, address, not_before, expires_at, reason,
                     is_kept)
SELECT r.number, r.ordinal, r.kind, r.user_id, r.priority, r.channel, r.address, coalesce(r.quiet_until, r.slot_at),
       r.expires_at, v.reason, coalesce(v.reason NOT IN ('already sent', 'not set up', 'not on the allow-list'), true)
  FROM plan p
 CROSS JOIN (
    SELECT number, 1 AS ordinal, kind, user_id, priority, NULL AS channel, NULL AS address, quiet_until, slot_at,
           expires_at, silenced, reason, true AS is_set, true AS is_good
      FROM learners
     WHERE reason IS NOT NULL
    UNION ALL
    SELECT l.number, t.ordinal, l.kind, l.user_id, l.priority, 'push', t.token, l.quiet_until, l.slot_at, l.expires_at,
           l.silenced, CASE WHEN NOT t.is_live THEN 'stale token' END, o.is_set, true
      FROM learners l
      JOIN plan_routes o ON o.priority = l.priority AND o.has_app AND o.channel = 'push'
      JOIN tokens t ON t.user_id = l.user_id AND (l.has_app OR NOT t.is_live)
     WHERE l.reason IS NULL
    UNION ALL
    SELECT l.number, CASE o.channel WHEN 'sms' THEN 1 ELSE 2 END, l.kind, l.user_id, l.priority, o.channel,
           CASE o.channel WHEN 'sms' THEN l.phone ELSE l.email END, l.quiet_until, l.slot_at, l.expires_at, l.silenced,
           NULL, o.is_set,
           CASE o.channel WHEN 'sms' THEN l.phone ~ '^\+[1-9][0-9]{6,14}$'
                          ELSE l.email ~ '^[^@[:space:]<>,;"]+@[^@[:space:]<>,;"]+\.[^@[:space:]<>,;"]+$' END
      FROM learners l
      JOIN plan_routes o ON o.priority = l.priority AND o.has_app = l.has_app AND o.channel <> 'push'
     WHERE l.reason IS NULL) AS r
  LEFT JOIN nightshift.suppressions s ON s.channel = r.channel AND s.address = lower(r.address)
 CROSS JOIN LATERAL (
    SELECT CASE WHEN r.reason IS NOT NULL THEN r.reason
                WHEN r.is_good IS NOT TRUE THEN 'no address'
                WHEN r.silenced && ARRAY[r.channel, 'all'] THEN 'opted out'
                WHEN s.address IS NOT NULL THEN 'suppressed'
                WHEN NOT r.is_set THEN 'not set up'
                WHEN r.quiet_until >= r.expires_at THEN 'quiet hours'
                WHEN p.allowed IS NOT NULL
                     AND NOT ARRAY[lower(r.address), '@' || split_part(lower(r.address), '@', 2), 'user:' || r.user_id]
                             && p.allowed
                THEN 'not on the allow-list' END AS reason) AS v
