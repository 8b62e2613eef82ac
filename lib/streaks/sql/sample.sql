-- Some of the streaks that change, of each kind some.
-- Result: at most ten rows: user_id, before, streak. Reads only.
SELECT user_id::text AS user_id, before, streak
  FROM (SELECT user_id, coalesce(before, 0) AS before, streak,
               row_number() OVER (PARTITION BY sign(streak - coalesce(before, 0)), streak = 0
                                      ORDER BY user_id) AS number
          FROM verdicts
         WHERE streak IS DISTINCT FROM coalesce(before, 0)) AS each
 ORDER BY number, user_id
 LIMIT 10
