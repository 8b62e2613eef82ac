-- Everybody who is ranked on a board, best first: attempts, then accuracy, then id.
-- With equal attempts the exact accuracy correct/attempts orders as correct does.
-- Skipped attempts do not count; hidden users, and users who are gone, are not ranked.
-- Parameters: $1 from (inclusive), $2 until (exclusive): the bounds are values, not now() minus
--             something, which would be worked out for every row.
-- Result: user_id, attempts, correct; a row's rank is its position.
-- Index: attempts (attempted_at) include (user_id, is_correct) where skipped is not true, alone;
--        users after the aggregate, so that each user is looked up once. Reads only.
SELECT s.user_id, s.attempts, s.correct
  FROM (SELECT user_id::nightshift.user_id AS user_id,
               count(*) AS attempts,
               count(*) FILTER (WHERE is_correct) AS correct
          FROM public.attempts
         WHERE attempted_at >= $1::timestamptz AND attempted_at < $2::timestamptz
           AND skipped IS NOT TRUE
         GROUP BY 1) AS s
 WHERE EXISTS (SELECT FROM public.users u
                WHERE u.id = s.user_id AND u.hidden_from_leaderboard IS NOT TRUE)
 ORDER BY s.attempts DESC, s.correct DESC, s.user_id
