-- Remembers whose streak may have ended by the calendar: the learner's own today is two days or more
-- after the last counted attempt, or the zone has changed since then.
-- Parameters: $1 as-of. Index: user_zones' primary key. Safe to repeat.
INSERT INTO nightshift.touched_users (user_id, silent)
SELECT l.id, false
  FROM looked_at l
  JOIN nightshift.user_zones z
    ON z.user_id = l.id AND z.valid_from <= $1::timestamptz AND z.valid_until > $1::timestamptz
 WHERE l.study_streak > 0
   AND (l.last_activity_date IS NULL OR l.last_activity_date < z.valid_from
        OR ($1::timestamptz AT TIME ZONE z.zone)::date
           - (l.last_activity_date AT TIME ZONE z.zone)::date >= 2)
    ON CONFLICT DO NOTHING
