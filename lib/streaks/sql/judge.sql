-- Judges the streaks of a batch, into verdicts: of those who were not judged yet, and whose chain begins
-- within the days that are read.
-- Parameters: $1 as-of.
-- A streak is the chain of the learner's own days with a counted attempt that ends today or on the
-- previous day. Days are next to one another where no day lies between them that existed for this
-- learner; two missing days in a row always hold one that did, as no clock was ever put forward by two.
-- length: of the latest chain, with what an app had counted before (streak_baselines) where the chain
-- reaches back to it. streak: the same while it is alive, else 0. next_day: the first day after the chain
-- that existed, by the end of which it must go on. ended: the last day of the chain before.
-- Index: users', user_zones', active_days' and streak_baselines' primary keys. Reads only.
-- OFFSET 0: a learner's days by the index, whatever the planner thinks of reading them all.
WITH open AS MATERIALIZED (
    SELECT b.*
      FROM batch b
     WHERE NOT EXISTS (SELECT FROM verdicts v WHERE v.user_id = b.user_id)),
     days AS (
    SELECT b.user_id, d.day, d.last_at
      FROM open b
     CROSS JOIN LATERAL (SELECT day, last_at
                           FROM nightshift.active_days
                          WHERE user_id = b.user_id AND day >= b.since
                         OFFSET 0) AS d
    UNION ALL
    SELECT k.user_id, k.day, NULL
      FROM open b
      JOIN nightshift.streak_baselines k ON k.user_id = b.user_id
     WHERE k.day >= b.since
       AND NOT EXISTS (SELECT FROM nightshift.active_days d WHERE d.user_id = k.user_id AND d.day = k.day)),
     numbered AS (
    SELECT user_id, day, last_at, row_number() OVER each AS number, lag(day) OVER each AS previous
      FROM days
    WINDOW each AS (PARTITION BY user_id ORDER BY day)),
     linked AS MATERIALIZED (
    SELECT *,
           CASE day - previous WHEN 1 THEN false
                               WHEN 2 THEN EXISTS (
                                   SELECT
                                     FROM nightshift.user_zones z
                                    WHERE z.user_id = n.user_id
                                      AND (n.day - 1)::timestamp AT TIME ZONE z.zone
                                          < least(n.day::timestamp AT TIME ZONE z.zone, z.valid_until)
                                      AND n.day::timestamp AT TIME ZONE z.zone > z.valid_from)
                               ELSE true END AS begins_chain
      FROM numbered n),
     chains AS (
    SELECT l.user_id, max(l.day) FILTER (WHERE l.begins_chain) AS began, max(l.day) AS last_day,
           max(l.previous) FILTER (WHERE l.begins_chain) AS ended, max(l.last_at) AS last_at,
           max(l.number) - max(l.number) FILTER (WHERE l.begins_chain) + 1 AS days,
           k.day AS known_day, k.length + count(*) FILTER (WHERE l.day > k.day) AS known_length
      FROM linked l
      LEFT JOIN nightshift.streak_baselines k ON k.user_id = l.user_id
     GROUP BY l.user_id, k.day, k.length)
INSERT INTO verdicts (id, user_id, silent, zone, named, today, began, last_day, next_day, ended, last_at,
                      length, streak, before, before_at, is_new)
SELECT v.*,
       (v.before, v.before_at) IS DISTINCT FROM (v.streak, coalesce(v.last_at, v.before_at))
  FROM (SELECT u.id, b.user_id, b.silent, z.zone, u.timezone, t.today, c.began, c.last_day, n.next_day,
               c.ended, c.last_at, coalesce(l.length, 0) AS length,
               CASE WHEN n.next_day >= t.today THEN l.length ELSE 0 END AS streak,
               u.study_streak AS before, u.last_activity_date AS before_at
          FROM open b
          JOIN public.users u ON u.id = b.user_id
          JOIN nightshift.user_zones z ON z.user_id = b.user_id AND z.valid_from <= $1::timestamptz
                                      AND z.valid_until > $1::timestamptz
          LEFT JOIN chains c ON c.user_id = b.user_id
         CROSS JOIN LATERAL (SELECT ($1::timestamptz AT TIME ZONE z.zone)::date AS today) AS t
         CROSS JOIN LATERAL (SELECT CASE WHEN c.known_day BETWEEN c.began AND c.last_day
                                         THEN greatest(c.days, c.known_length)
                                         ELSE c.days END AS length) AS l
         CROSS JOIN LATERAL (SELECT c.last_day
                                    + CASE WHEN c.last_day < t.today
                                            AND NOT EXISTS (
                                                SELECT
                                                  FROM nightshift.user_zones s
                                                 WHERE s.user_id = b.user_id
                                                   AND (c.last_day + 1)::timestamp AT TIME ZONE s.zone
                                                       < least((c.last_day + 2)::timestamp AT TIME ZONE s.zone,
                                                               s.valid_until)
                                                   AND (c.last_day + 2)::timestamp AT TIME ZONE s.zone
                                                       > s.valid_from)
                                           THEN 2 ELSE 1 END AS next_day) AS n
         WHERE (b.since = '-infinity' OR c.began >= b.since + 2)
           AND u.timezone IS NOT DISTINCT FROM
               CASE WHEN z.valid_until = 'infinity' THEN z.named
                    ELSE (SELECT latest.named
                            FROM nightshift.user_zones latest
                           WHERE latest.user_id = b.user_id AND latest.valid_until = 'infinity') END) AS v
