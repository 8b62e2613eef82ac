-- What the users of candidates want and have. A category that is none of ours counts for all where it is
-- switched off. Quiet hours are the learner's own for the category, else for all, else 21:00 to 08:00, but not
-- where they have chosen the hour themselves.
-- Index: users', notifications' and notification_preferences' keys, or all of them. Fills learners.
WITH wishes AS MATERIALIZED (
    SELECT w.user_id::nightshift.user_id AS user_id, k.category,
           array_agg(DISTINCT w.channel) FILTER (WHERE w.enabled IS FALSE) AS silenced,
           (array_agg(w.quiet_from ORDER BY w.category = 'all', w.channel)
               FILTER (WHERE h.has_hours))[1] AS quiet_from,
           (array_agg(w.quiet_until ORDER BY w.category = 'all', w.channel)
               FILTER (WHERE h.has_hours))[1] AS quiet_until,
           bool_or(h.is_known AND w.preferred_hour BETWEEN 0 AND 23) AS has_chosen
      FROM public.notification_preferences w
     CROSS JOIN (SELECT DISTINCT category FROM plan_kinds) AS k
     CROSS JOIN LATERAL (SELECT w.category IN (k.category, 'all') AS is_known,
                                w.category IN (k.category, 'all') AND w.quiet_from IS NOT NULL
                                AND w.quiet_until IS NOT NULL AS has_hours) AS h
     WHERE (h.is_known OR w.category <> ALL (SELECT category FROM plan_kinds))
       AND EXISTS (SELECT FROM candidates c WHERE c.user_id = w.user_id)
     GROUP BY 1, 2)
INSERT INTO learners (number, kind, user_id, priority, expires_at, slot_at, locale, version, email, phone, silenced,
                      quiet_until, has_app, reason)
SELECT c.number, c.kind, c.user_id, k.priority, c.slot_at + k.lasts, c.slot_at, t.locale, t.version, u.email, u.phone,
       w.silenced,
       CASE WHEN nightshift.is_quiet((p.as_of AT TIME ZONE c.zone)::time, q.quiet_from, q.quiet_until)
            THEN nightshift.quiet_end(p.as_of, c.zone, q.quiet_until) END,
       u.has_app_installed IS TRUE AND d.user_id IS NOT NULL,
       CASE WHEN n.user_id IS NOT NULL THEN 'already sent'
            WHEN c.reason IS NOT NULL THEN c.reason
            WHEN c.variables @? '$.* ? (@ == null)' OR t.version IS NULL THEN 'rejected' END
  FROM plan p
 CROSS JOIN candidates c
  JOIN plan_kinds k ON k.kind = c.kind
  JOIN public.users u ON u.id = c.user_id
  LEFT JOIN wishes w ON w.user_id = c.user_id AND w.category = k.category
 CROSS JOIN LATERAL (
    SELECT CASE WHEN k.is_chosen AND w.has_chosen THEN w.quiet_from
                ELSE coalesce(w.quiet_from, time '21:00') END AS quiet_from,
           CASE WHEN k.is_chosen AND w.has_chosen THEN w.quiet_until
                ELSE coalesce(w.quiet_until, time '08:00') END AS quiet_until) AS q
  LEFT JOIN tokens d ON d.user_id = c.user_id AND d.is_live AND d.ordinal = 1
  LEFT JOIN nightshift.notifications n ON n.user_id = c.user_id AND n.kind = c.kind AND n.occasion = c.occasion
  LEFT JOIN plan_locales own ON own.kind = c.kind AND own.key = lower(replace(split_part(u.locale, '.', 1), '_', '-'))
  LEFT JOIN plan_locales near ON near.kind = c.kind
                             AND near.key = split_part(lower(replace(split_part(u.locale, '.', 1), '_', '-')), '-', 1)
  LEFT JOIN plan_locales english ON english.kind = c.kind AND english.key = 'en'
 CROSS JOIN LATERAL (SELECT coalesce(own.locale, near.locale, english.locale) AS locale,
                            coalesce(own.version, near.version, english.version) AS version) AS t
