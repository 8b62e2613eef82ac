-- Works out when the clocks of each zone that users have last showed each hour that a kind has, or a learner has
-- chosen, and when a day before.
-- Parameters: $1 as-of. Reads plan_kinds and named. instant_of() is for the gaps of spring alone: it takes its time.
-- Safe to repeat on an empty table.
INSERT INTO slots (zone, hour, day, slot_at, previous_at)
SELECT zone, hour, CASE WHEN today_at <= $1::timestamptz THEN today ELSE today - 1 END,
       CASE WHEN today_at <= $1::timestamptz THEN today_at ELSE yesterday_at END,
       CASE WHEN today_at <= $1::timestamptz THEN yesterday_at ELSE before_at END
  FROM (SELECT DISTINCT zone, ($1::timestamptz AT TIME ZONE zone)::date AS today
          FROM named) AS z
 CROSS JOIN (SELECT hour FROM plan_kinds
              UNION
             SELECT preferred_hour FROM public.notification_preferences
              WHERE preferred_hour BETWEEN 0 AND 23) AS h
 CROSS JOIN LATERAL (SELECT today + make_time(hour, 0, 0) AS today_time) AS w
 CROSS JOIN LATERAL (
    SELECT today_time AT TIME ZONE zone AS today_plain,
           (today_time - interval '1 day') AT TIME ZONE zone AS yesterday_plain,
           (today_time - interval '2 days') AT TIME ZONE zone AS before_plain) AS plain
 CROSS JOIN LATERAL (
    SELECT CASE WHEN today_plain AT TIME ZONE zone = today_time THEN today_plain
                ELSE nightshift.instant_of(today_time, zone) END AS today_at,
           CASE WHEN yesterday_plain AT TIME ZONE zone = today_time - interval '1 day' THEN yesterday_plain
                ELSE nightshift.instant_of(today_time - interval '1 day', zone) END AS yesterday_at,
           CASE WHEN before_plain AT TIME ZONE zone = today_time - interval '2 days' THEN before_plain
                ELSE nightshift.instant_of(today_time - interval '2 days', zone) END AS before_at) AS exact
