-- Which languages and zones users have, as they have them written: few, of whatever many users.
-- Index: users are read whole, or one by id. Fills named.
INSERT INTO named (locale, key, zone, users)
SELECT coalesce(locale, ''), k.key, coalesce(z.zone, p.default_zone), users
  FROM plan p
 CROSS JOIN (SELECT u.locale::text COLLATE "C" AS locale, u.timezone::text COLLATE "C" AS timezone, count(*) AS users
               FROM public.users u
              WHERE (SELECT only_user FROM plan) IS NULL OR u.id = (SELECT only_user FROM plan)
              GROUP BY 1, 2) AS each
 CROSS JOIN LATERAL (SELECT coalesce(lower(timezone), '') AS key) AS k
  LEFT JOIN nightshift.zones z ON z.key = k.key
