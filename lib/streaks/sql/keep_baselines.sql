-- Keeps what the app had counted where attempts know less: it stands as of the last day that is known of,
-- and at least of yesterday, so that nobody's streak shrinks in a first pass.
-- Result: the number of users. Index: none, verdicts as a whole. Safe to repeat.
INSERT INTO nightshift.streak_baselines (user_id, day, length)
SELECT v.user_id,
       greatest(v.last_day, v.today - 1,
                least(v.today, (u.last_activity_date AT TIME ZONE v.zone)::date)),
       v.before
  FROM verdicts v
  JOIN public.users u ON u.id = v.id
 WHERE v.streak < v.before
    ON CONFLICT DO NOTHING
