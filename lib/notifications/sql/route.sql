-- On which channels and to which addresses, and why not.
-- Index: what is looked at whole: users, notifications, notification_preferences, device_tokens and suppressions; or
-- their keys. A device is disabled, not suppressed. Fills planned.
INSERT INTO planned (number, ordinal, kind, user_id, occasion, zone, slot_at, variables, priority, channel, address,
                     locale, version, not_before, expires_at, reason, is_head)
SELECT l.number, CASE o.channel WHEN 'push' THEN l.device WHEN 'email' THEN 2 ELSE 1 END, l.kind, l.user_id,
       l.occasion, l.zone, l.slot_at, l.variables, l.priority, o.channel, a.address, l.locale, l.version,
       coalesce(l.quiet_until, l.slot_at), l.expires_at,
       CASE WHEN l.reason IS NOT NULL THEN l.reason
            WHEN NOT a.is_good THEN 'no address'
            WHEN o.channel = 'push' AND NOT l.is_live THEN 'stale token'
            WHEN l.silenced && ARRAY[o.channel, 'all'] THEN 'opted out'
            WHEN s.address IS NOT NULL THEN 'suppressed'
            WHEN NOT o.is_set THEN 'not set up'
            WHEN l.quiet_until >= l.expires_at THEN 'quiet hours'
            WHEN (SELECT allowed FROM plan) IS NOT NULL
                 AND NOT nightshift.is_allowed((SELECT allowed FROM plan), a.address, l.user_id::text)
            THEN 'not on the allow-list' END,
       o.is_head AND l.is_first
  FROM learners l
  JOIN plan_routes o ON o.key = CASE WHEN l.reason IS NULL THEN l.priority * 2 + l.has_app::integer ELSE 0 END
                    AND CASE o.channel WHEN 'push' THEN l.token IS NOT NULL AND (l.has_app OR NOT l.is_live)
                                       ELSE l.is_first END
 CROSS JOIN LATERAL (
    SELECT CASE o.channel WHEN 'push' THEN l.token WHEN 'sms' THEN l.phone WHEN 'email' THEN l.email END AS address,
           CASE o.channel WHEN 'push' THEN true
                          WHEN 'sms' THEN nightshift.is_phone(l.phone)
                          ELSE nightshift.is_email(l.email) END AS is_good) AS a
  LEFT JOIN nightshift.suppressions s
    ON s.channel = o.channel
   AND s.address = CASE o.channel WHEN 'sms' THEN l.phone
                                  WHEN 'email' THEN lower(l.email) END
