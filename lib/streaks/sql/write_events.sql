-- Writes down what has happened to the streaks that were judged.
-- Parameters: $1 as-of, $2 as-of of the first pass, $3 milestones in days (an array).
-- A break that late attempts have undone is forgotten while nobody was told of it, and mended after.
-- Result: one row of counts. Index: streak_events' primary key. Safe to repeat.
-- One whose missed day a late attempt has filled, though a new streak was begun since, moves to the day that
-- is now the first missed one, where nobody was told of it.
-- A streak that was missed and begun anew between two passes has been broken too. One that an app still
-- counted, though its learner had been away before the first pass, ends silently.
WITH heard AS MATERIALIZED (
    SELECT v.*, ($2::timestamptz AT TIME ZONE v.zone)::date AS first_day, b.before_day,
           CASE WHEN v.streak = 0 THEN v.next_day
                WHEN n.is_anew
                THEN e.ended + CASE WHEN nightshift.day_existed(v.user_id, e.ended + 1) THEN 1 ELSE 2 END
           END AS missed_day,
           CASE WHEN n.is_anew THEN 0 ELSE coalesce(v.before, 0) END AS carried
      FROM verdicts v
     CROSS JOIN LATERAL (SELECT (greatest(least(v.before_at, '9999-01-01Z'), '0001-01-01Z')
                                 AT TIME ZONE v.zone)::date AS before_day) AS b
     CROSS JOIN LATERAL (SELECT coalesce(v.ended, b.before_day) AS ended) AS e
     CROSS JOIN LATERAL (SELECT v.streak > 0 AND v.before > 0 AND abs(e.ended - b.before_day) <= 1
                                AND v.before_at < (SELECT d.first_at
                                                     FROM nightshift.active_days d
                                                    WHERE d.user_id = v.user_id AND d.day = v.began)
                                AS is_anew
                         OFFSET 0) AS n),
     undone AS MATERIALIZED (
    SELECT e.user_id, e.day, e.told_at, h.streak, h.silent
      FROM heard h
      JOIN nightshift.streak_events e
        ON e.user_id = h.user_id AND e.kind = 'broken' AND e.day > h.began AND e.day <= h.last_day),
     cancelled AS (
    DELETE FROM nightshift.streak_events e
     USING undone u
     WHERE u.told_at IS NULL AND e.user_id = u.user_id AND e.day = u.day AND e.kind = 'broken'
    RETURNING e.user_id, u.streak),
     filled AS (
    DELETE FROM nightshift.streak_events e
     USING heard h
     WHERE e.user_id = h.user_id AND e.kind = 'broken' AND e.told_at IS NULL
       AND e.day BETWEEN h.ended - 60 AND h.ended
       AND (SELECT count(*)
              FROM nightshift.active_days d
             WHERE d.user_id = e.user_id AND d.day BETWEEN e.day AND h.ended) = h.ended - e.day + 1
    RETURNING e.user_id, e.day, e.length, h.ended),
     moved AS (
    INSERT INTO nightshift.streak_events (user_id, day, kind, length, seen_at)
    SELECT user_id, ended + CASE WHEN nightshift.day_existed(user_id, ended + 1) THEN 1 ELSE 2 END, 'broken',
           length + (ended - day + 1), $1::timestamptz
      FROM filled
        ON CONFLICT DO NOTHING),
     mended AS (
    INSERT INTO nightshift.streak_events (user_id, day, kind, length, seen_at)
    SELECT user_id, day, 'mended', streak, $1::timestamptz
      FROM undone
     WHERE told_at IS NOT NULL AND streak > 0 AND NOT silent
        ON CONFLICT DO NOTHING
    RETURNING user_id),
     broken AS (
    INSERT INTO nightshift.streak_events (user_id, day, kind, length, seen_at)
    SELECT h.user_id, h.missed_day, 'broken', CASE WHEN h.streak = 0 THEN h.length ELSE h.before END,
           $1::timestamptz
      FROM heard h
     WHERE NOT h.silent AND h.missed_day >= h.first_day AND h.before_day >= h.first_day - 1
       AND (h.before > 0 OR EXISTS (SELECT FROM cancelled c WHERE c.user_id = h.user_id))
        ON CONFLICT DO NOTHING
    RETURNING user_id),
     extended AS (
    INSERT INTO nightshift.streak_events AS e (user_id, day, kind, length, seen_at)
    SELECT h.user_id, h.last_day, 'extended', h.streak, $1::timestamptz
      FROM heard h
     WHERE NOT h.silent AND h.streak >= 2 AND h.last_day >= h.first_day
        ON CONFLICT (user_id, day, kind) DO UPDATE
       SET length = excluded.length
     WHERE e.told_at IS NULL AND e.length <> excluded.length
    RETURNING user_id),
     reached AS (
    INSERT INTO nightshift.streak_events (user_id, day, kind, length, seen_at)
    SELECT h.user_id, d.day, 'milestone', m.days, $1::timestamptz
      FROM heard h
      JOIN unnest($3::integer[]) AS m (days) ON m.days > h.carried AND m.days <= h.streak
     CROSS JOIN LATERAL (SELECT a.day
                           FROM nightshift.active_days a
                          WHERE a.user_id = h.user_id AND a.day >= h.began
                          ORDER BY a.day DESC
                         OFFSET h.streak - m.days
                          LIMIT 1) AS d
     WHERE NOT h.silent AND h.streak >= (SELECT min(days) FROM unnest($3::integer[]) AS days)
       AND d.day >= h.first_day
       AND NOT EXISTS (SELECT
                         FROM nightshift.streak_events e
                        WHERE e.user_id = h.user_id AND e.kind = 'milestone' AND e.length = m.days
                          AND e.day BETWEEN h.began AND h.last_day)
        ON CONFLICT DO NOTHING
    RETURNING user_id)
SELECT (SELECT count(DISTINCT user_id) FROM (SELECT user_id FROM cancelled WHERE streak > 0
                                             UNION ALL
                                             SELECT user_id FROM mended) AS each) AS mended,
       (SELECT count(*) FROM reached) AS milestones
