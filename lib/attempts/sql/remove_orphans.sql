-- Forgets users who are gone from users, once Postgres has counted deletions there since the last intake
-- (its statistics come a moment late).
-- Parameters: $1 whether to look in any case. Index: user_zones' primary key. Safe to repeat.
WITH gone AS MATERIALIZED (
    SELECT z.user_id
      FROM nightshift.user_zones z
     WHERE z.valid_until = 'infinity'
       AND ($1::boolean
            OR EXISTS (SELECT
                         FROM nightshift.arrivals
                        WHERE users_deleted <> nightshift.users_deleted()))
       AND NOT EXISTS (SELECT FROM public.users u WHERE u.id = z.user_id)),
     days AS (DELETE FROM nightshift.active_days USING gone WHERE active_days.user_id = gone.user_id),
     events AS (DELETE FROM nightshift.streak_events USING gone WHERE streak_events.user_id = gone.user_id),
     baselines AS (DELETE FROM nightshift.streak_baselines USING gone
                    WHERE streak_baselines.user_id = gone.user_id),
     pending AS (DELETE FROM nightshift.arrivals_pending USING gone
                  WHERE arrivals_pending.user_id = gone.user_id),
     touched AS (DELETE FROM nightshift.touched_users USING gone WHERE touched_users.user_id = gone.user_id)
DELETE FROM nightshift.user_zones USING gone WHERE user_zones.user_id = gone.user_id
