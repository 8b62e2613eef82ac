-- How a user can be reached, as notifications have it.
-- Parameters: $1 user. Result: a row per channel and address; state: what stands in the way, or ''.
-- Index: users', device_tokens' and suppressions' keys. Reads only.
SELECT each.channel, each.address, coalesce(each.state, s.reason || ' (' || s.evidence || ')', '') AS state
  FROM (SELECT 'email' AS channel, email::text AS address, NULL AS state
          FROM public.users
         WHERE id = $1::text::nightshift.user_id
        UNION ALL
        SELECT 'sms', phone::text, NULL FROM public.users WHERE id = $1::text::nightshift.user_id
        UNION ALL
        SELECT 'push', t.token::text,
               CASE WHEN t.disabled_at IS NOT NULL THEN 'disabled: ' || coalesce(t.disabled_reason, '')
                    WHEN NOT coalesce(u.has_app_installed, false) THEN 'has_app_installed is false'
                    WHEN t.provider IS DISTINCT FROM 'fcm' THEN 'not by fcm' END
          FROM public.users u
          JOIN public.device_tokens t ON t.user_id = u.id
         WHERE u.id = $1::text::nightshift.user_id) AS each
  LEFT JOIN nightshift.suppressions s ON s.channel = each.channel AND s.address = lower(each.address)
 WHERE each.address IS NOT NULL
 ORDER BY 1, 2
