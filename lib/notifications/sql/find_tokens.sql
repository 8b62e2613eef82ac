-- The devices of those who have something to hear, live ones first; one that was not seen for 270 days is
-- stale.
-- Parameters: $1 which provider's. Index: device_tokens (user_id), or all of them. Fills tokens.
INSERT INTO tokens (user_id, token, is_live, ordinal)
SELECT user_id, token, is_live,
       row_number() OVER (PARTITION BY user_id ORDER BY is_live DESC, seen_at DESC, token)
           + CASE WHEN is_live THEN 0 ELSE 2 END
  FROM (SELECT t.user_id::nightshift.user_id AS user_id, t.token, s.seen_at,
               s.seen_at > p.as_of - interval '270 days' AS is_live
          FROM plan p
         CROSS JOIN public.device_tokens t
         CROSS JOIN LATERAL (SELECT coalesce(t.last_seen_at, t.registered_at, p.as_of) AS seen_at) AS s
         WHERE t.disabled_at IS NULL AND t.provider = $1::text AND t.token <> ''
           AND EXISTS (SELECT FROM candidates c WHERE c.user_id = t.user_id)) AS each
