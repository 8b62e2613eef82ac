-- Judges the streaks of a batch, into verdicts: of those who were not judged yet, and whose chain begins
-- within the days that are read.
-- Parameters: $1 as-of.
-- A streak is the chain of the learner's own days with a counted attempt that ends today or on the
-- previous day. Days are next to one another where no day lies between them that existed for this
-- learner; two missing days in a row always hold one that did, as no clock was ever put forward by two.
-- length: of the latest chain, with what an app had counted before (streak_baselines) where the chain
-- reaches back to it; the day at which that stands may have no attempt. streak: the same while it is alive,
-- else 0. next_day: the first day after the chain that existed, by the end of which it must go on. ended:
-- the last day of the chain before. named: the zone that the last intake saw.
-- Index: users', user_zones', active_days' and streak_baselines' primary keys. Reads only.
-- OFFSET 0: a learner's days by the index, whatever the planner thinks of reading them all; next_day and
-- begins_chain once. Whether a day existed the present zone knows nearly always, and day_existed() always.
WITH open AS MATERIALIZED (
    SELECT b.*, u.id, u.study_streak AS before, u.last_activity_date AS before_at, z.zone, z.valid_from,
           z.valid_until, ($1::timestamptz AT TIME ZONE z.zone)::date AS today,
           CASE WHEN z.valid_until = 'infinity' THEN z.named
                ELSE (SELECT latest.named
                        FROM nightshift.user_zones latest
                       WHERE latest.user_id = b.user_id AND latest.valid_until = 'infinity') END AS named
      FROM batch b
      JOIN public.users u ON u.id = b.user_id
      JOIN nightshift.user_zones z ON z.user_id = b.user_id AND z.valid_from <= $1::timestamptz
                                  AND z.valid_until > $1::timestamptz
     WHERE NOT EXISTS (SELECT FROM verdicts v WHERE v.user_id = b.user_id)),
     days AS (
    SELECT o.user_id, d.day, d.last_at, o.zone, o.valid_from, o.valid_until
      FROM open o
     CROSS JOIN LATERAL (SELECT day, last_at
                           FROM nightshift.active_days
                          WHERE user_id = o.user_id AND day >= o.since
                         OFFSET 0) AS d
    UNION ALL
    SELECT k.user_id, k.day, NULL, o.zone, o.valid_from, o.valid_until
      FROM open o
      JOIN nightshift.streak_baselines k ON k.user_id = o.user_id
     WHERE k.day >= o.since
       AND NOT EXISTS (SELECT FROM nightshift.active_days d WHERE d.user_id = k.user_id AND d.day = k.day)),
     linked AS (
    SELECT *,
           CASE day - previous
               WHEN 1 THEN false
               WHEN 2 THEN nightshift.day_lay_in(day - 1, zone, valid_from, valid_until)
                           OR nightshift.day_existed(user_id, day - 1)
               ELSE true END AS begins_chain
      FROM (SELECT *, row_number() OVER each AS number, lag(day) OVER each AS previous
              FROM days
            WINDOW each AS (PARTITION BY user_id ORDER BY day)) AS numbered
    OFFSET 0),
     chains AS (
    SELECT l.user_id, max(l.day) FILTER (WHERE l.begins_chain) AS began, max(l.day) AS last_day,
           max(l.previous) FILTER (WHERE l.begins_chain) AS ended, max(l.last_at) AS last_at,
           max(l.number) - max(l.number) FILTER (WHERE l.begins_chain) + 1 AS days,
           k.day AS known_day, k.length + count(*) FILTER (WHERE l.day > k.day) AS known_length,
           count(*) FILTER (WHERE l.last_at IS NULL) AS unproved
      FROM linked l
      LEFT JOIN nightshift.streak_baselines k ON k.user_id = l.user_id
     GROUP BY l.user_id, k.day, k.length)
INSERT INTO verdicts (id, user_id, silent, zone, named, today, began, last_day, next_day, ended, last_at,
                      length, streak, before, before_at, is_new)
SELECT v.*,
       (v.before, v.before_at) IS DISTINCT FROM (v.streak, coalesce(v.last_at, v.before_at))
  FROM (SELECT o.id, o.user_id, o.silent, o.zone, o.named, o.today, c.began, c.last_day, n.next_day,
               c.ended, c.last_at, coalesce(l.length, 0) AS length,
               CASE WHEN n.next_day >= o.today THEN l.length ELSE 0 END AS streak, o.before, o.before_at
          FROM open o
          LEFT JOIN chains c ON c.user_id = o.user_id
         CROSS JOIN LATERAL (SELECT CASE WHEN c.known_day BETWEEN c.began AND c.last_day
                                         THEN greatest(c.days - c.unproved, c.known_length)
                                         ELSE c.days END AS length) AS l
         CROSS JOIN LATERAL (SELECT c.last_day
                                    + CASE WHEN c.last_day >= o.today
                                             OR nightshift.day_lay_in(c.last_day + 1, o.zone, o.valid_from,
                                                                      o.valid_until)
                                             OR nightshift.day_existed(o.user_id, c.last_day + 1)
                                           THEN 1 ELSE 2 END AS next_day
                            OFFSET 0) AS n
         WHERE o.since = '-infinity' OR c.began >= o.since + 2) AS v
