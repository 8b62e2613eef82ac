-- Keeps what the app had counted where attempts know less: it stands as of the last day that is known of,
-- and at least of yesterday, so that nobody's streak shrinks in a first pass.
-- Nobody has learned for 32,000 days.
-- Result: the number of users. Index: none, verdicts as a whole. Safe to repeat.
INSERT INTO nightshift.streak_baselines (user_id, day, length)
SELECT v.user_id,
       greatest(v.last_day, v.today - 1,
                least(v.today, (greatest(least(u.last_activity_date, '9999-01-01Z'), '0001-01-01Z')
                                AT TIME ZONE v.zone)::date)),
       least(v.before, 32000)
  FROM verdicts v
  JOIN public.users u ON u.id = v.id
 WHERE v.streak < v.before
    ON CONFLICT DO NOTHING
