-- The plan's steps, each over the ones before; Postgres works them out as one, so that no row is written between
-- candidates and planned.
-- zoned: the users in question, with their zone. in_slot: who is in the window of a kind that comes every day. wishes:
-- what users want, by category; a category that is none of ours counts for all where it is switched off (claim.sql asks
-- the same of one user). devices: live ones first, and twenty at most; one that was not seen for 270 days is stale, and
-- one that stands there several times is its latest user's. They come in the order of the index on their users, so that
-- only those of one user are to be sorted: a join would lose it, and shared ones are looked for in a hashed list.
-- learners: candidates with what their users want and have, a row for each device; in the order of users, as the tables
-- are that they are joined with.
-- What the plan holds is read in a sub-select, which is worked out once, where a join would look at it for each row;
-- but not where it goes into a function, which Postgres would then call rather than take in. That a text is always
-- found is not told: Postgres would take those who have one for few.
-- Lower case is that of ASCII, and whether a value may be missing is asked of their text first, which is quick. A CASE
-- in place of several conditions: of columns that were added Postgres knows nothing yet, and would take all of them
-- together for rare.
CREATE TEMPORARY VIEW zoned AS
SELECT u.id AS user_id, u.name, u.timezone AS named, coalesce(z.zone, (SELECT default_zone FROM plan)) AS zone,
       z.zone IS NOT NULL AS is_valid
  FROM public.users u
  LEFT JOIN nightshift.zones z ON z.key = lower(u.timezone COLLATE "C")
 WHERE (SELECT only_user FROM plan) IS NULL OR u.id = (SELECT only_user FROM plan);

CREATE TEMPORARY VIEW in_slot AS
SELECT k.kind, u.id AS user_id, u.name, s.zone, s.day, s.slot_at
  FROM plan_kinds k
 CROSS JOIN public.users u
  LEFT JOIN (SELECT w.user_id, k.kind,
                    coalesce(min(w.preferred_hour) FILTER (WHERE w.category <> 'all'), min(w.preferred_hour)) AS hour
               FROM plan_kinds k
               JOIN public.notification_preferences w ON w.category IN (k.category, 'all')
              WHERE k.is_chosen AND w.preferred_hour BETWEEN 0 AND 23
              GROUP BY 1, 2) AS own ON own.user_id = u.id AND own.kind = k.kind
  JOIN (SELECT DISTINCT n.key, w.kind, w.hour, w.zone, w.day, w.slot_at
          FROM named n
          JOIN windows w ON w.zone = n.zone) AS s
    ON s.kind = k.kind AND s.hour = coalesce(own.hour, k.hour)
   AND s.key = coalesce(lower(u.timezone COLLATE "C"), '')
 WHERE (SELECT only_user FROM plan) IS NULL OR u.id = (SELECT only_user FROM plan);

CREATE TEMPORARY VIEW wishes AS
SELECT w.user_id, k.category,
       array_agg(DISTINCT nightshift.silenced_channel(w.channel::text)) FILTER (WHERE w.enabled IS FALSE) AS silenced,
       (array_agg(w.quiet_from ORDER BY w.category = 'all', w.channel) FILTER (WHERE h.has_hours))[1] AS quiet_from,
       (array_agg(w.quiet_until ORDER BY w.category = 'all', w.channel) FILTER (WHERE h.has_hours))[1] AS quiet_until,
       bool_or(h.is_known AND w.preferred_hour BETWEEN 0 AND 23) AS has_chosen
  FROM public.notification_preferences w
 CROSS JOIN (SELECT DISTINCT category FROM plan_kinds) AS k
 CROSS JOIN LATERAL (SELECT w.category IN (k.category, 'all') AS is_known,
                            w.category IN (k.category, 'all') AND w.quiet_from IS NOT NULL
                            AND w.quiet_until IS NOT NULL AS has_hours) AS h
 WHERE (w.enabled IS FALSE OR w.quiet_from IS NOT NULL OR w.preferred_hour IS NOT NULL)
   AND (h.is_known OR w.category <> ALL (SELECT category FROM plan_kinds))
 GROUP BY 1, 2;

CREATE TEMPORARY VIEW devices AS
SELECT user_id, token, is_live, has_live, place = 1 AS is_first, place + CASE WHEN is_live THEN 0 ELSE 2 END AS ordinal
  FROM (SELECT user_id, token, is_live, bool_or(is_live) OVER each_user AS has_live,
               row_number() OVER each_user AS place
          FROM (SELECT t.user_id, t.token, s.seen_at,
                       s.seen_at > (SELECT as_of FROM plan) - interval '270 days' AS is_live
                  FROM public.device_tokens t
                 CROSS JOIN LATERAL (SELECT coalesce(t.last_seen_at, t.registered_at, 'infinity') AS seen_at) AS s
                 WHERE CASE WHEN t.disabled_at IS NULL THEN t.provider = 'fcm' AND t.token <> '' END
                   AND ((SELECT are_many FROM plan) OR t.user_id IN (SELECT user_id FROM candidates))
                   AND NOT (t.token IN (SELECT token FROM shared_devices)
                            AND (t.token, t.ctid) NOT IN (SELECT token, owner FROM shared_devices))) AS each
        WINDOW each_user AS (PARTITION BY user_id ORDER BY is_live DESC, seen_at DESC, token
                             ROWS UNBOUNDED PRECEDING)) AS ranked
 WHERE place <= 20;

-- OFFSET 0: reason and quiet_until are worked out once, not wherever they are asked for. Quiet hours are the
-- learner's own, else 21:00 to 08:00, but not where they have chosen the hour themselves.
CREATE TEMPORARY VIEW learners AS
SELECT c.number, c.kind, c.user_id, c.occasion, c.zone, c.variables, t.priority, c.slot_at,
       c.slot_at + t.lasts AS expires_at,
       t.locale, t.version, u.email::text, u.phone::text, w.silenced,
       CASE WHEN nightshift.is_quiet((p.as_of AT TIME ZONE c.zone)::time, q.quiet_from, q.quiet_until)
            THEN nightshift.quiet_end(p.as_of, c.zone, q.quiet_until) END AS quiet_until,
       u.has_app_installed IS TRUE AND d.has_live IS TRUE AS has_app,
       d.ordinal AS device, coalesce(d.is_first, true) AS is_first, d.token, d.is_live,
       CASE WHEN n.user_id IS NOT NULL THEN 'already sent'
            WHEN c.reason IS NOT NULL THEN c.reason
            WHEN c.variables::text LIKE '%: null%' AND c.variables @? '$.* ? (@ == null)' THEN 'rejected' END AS reason
  FROM plan p
 CROSS JOIN (SELECT * FROM candidates ORDER BY user_id) AS c
  JOIN public.users u ON u.id = c.user_id
  LEFT JOIN nightshift.notifications n ON n.user_id = c.user_id AND n.kind = c.kind AND n.occasion = c.occasion
  LEFT JOIN devices d ON d.user_id::nightshift.user_id = c.user_id
  LEFT JOIN plan_texts t ON t.kind = c.kind AND t.wanted = coalesce(u.locale::text, '') COLLATE "C"
  LEFT JOIN wishes w ON w.user_id::nightshift.user_id = c.user_id AND w.category = t.category
 CROSS JOIN LATERAL (
    SELECT CASE WHEN t.is_chosen AND w.has_chosen THEN w.quiet_from
                ELSE coalesce(w.quiet_from, time '21:00') END AS quiet_from,
           CASE WHEN t.is_chosen AND w.has_chosen THEN w.quiet_until
                ELSE coalesce(w.quiet_until, time '08:00') END AS quiet_until) AS q
OFFSET 0
