-- Remembers whose streak is to be judged, until somebody has: where days, zone or row have changed, and
-- where it may have ended by the calendar: the learner's own today is two days or more after the last
-- counted attempt, or the zone has changed since then, or the row says what cannot be.
-- Parameters: $1 as-of; $2 whether silently.
-- Index: primary keys, in their order. Safe to repeat.
INSERT INTO nightshift.touched_users (user_id, silent)
SELECT user_id, $2::boolean
  FROM (SELECT user_id::nightshift.user_id AS user_id FROM cells
        UNION
        SELECT user_id FROM moved WHERE since > '-infinity'
        UNION
        SELECT l.id::nightshift.user_id
          FROM looked_at l
         WHERE l.is_rewritten
           AND (l.study_streak <> 0 OR l.last_activity_date IS NOT NULL
                OR EXISTS (SELECT FROM nightshift.active_days d WHERE d.user_id = l.id))
        UNION
        SELECT l.id::nightshift.user_id
          FROM looked_at l
          JOIN nightshift.user_zones z
            ON z.user_id = l.id AND z.valid_from <= $1::timestamptz AND z.valid_until > $1::timestamptz
         WHERE l.study_streak > 0
           AND CASE WHEN l.last_activity_date BETWEEN greatest(z.valid_from, '1900-01-01Z') AND $1::timestamptz
                    THEN ($1::timestamptz AT TIME ZONE z.zone)::date
                         - (l.last_activity_date AT TIME ZONE z.zone)::date >= 2
                    ELSE true END) AS each
 ORDER BY user_id
    ON CONFLICT (user_id) DO UPDATE
   SET silent = false
 WHERE touched_users.silent AND NOT excluded.silent
