-- Who is in the window of a kind that comes every day.
-- Parameters: $1 kind.
-- Index: users are read whole, as nearly everybody has a zone; or by id. Fills in_slot.
INSERT INTO in_slot (kind, user_id, name, zone, slot_at)
SELECT k.kind, u.id, u.name, s.zone, s.slot_at
  FROM plan p
 CROSS JOIN plan_kinds k
  JOIN public.users u ON p.only_user IS NULL OR u.id = p.only_user
  LEFT JOIN nightshift.zones z ON z.key = lower(u.timezone)
  LEFT JOIN (SELECT user_id, category, min(preferred_hour) AS hour
               FROM public.notification_preferences
              WHERE preferred_hour BETWEEN 0 AND 23 AND category <> 'all'
              GROUP BY user_id, category) AS own
         ON k.is_chosen AND own.user_id = u.id AND own.category = k.category
  LEFT JOIN (SELECT user_id, min(preferred_hour) AS hour
               FROM public.notification_preferences
              WHERE preferred_hour BETWEEN 0 AND 23 AND category = 'all'
              GROUP BY user_id) AS general
         ON k.is_chosen AND general.user_id = u.id
  JOIN slots s ON s.zone = coalesce(z.zone, p.default_zone) AND s.hour = coalesce(own.hour, general.hour, k.hour)
 WHERE k.kind = $1::text AND s.slot_at + k.lasts > p.as_of AND s.slot_at >= p.installed_at
