-- Who was not judged, as the days that were read do not tell: those of a long streak are read back to where
-- it began, of others all.
-- Parameters: $1 whether of all users all. Result: one row a user. Index: users' primary key. Reads only.
UPDATE batch b
   SET since = CASE WHEN u.study_streak > 13 AND NOT $1::boolean THEN since - least(u.study_streak, 40000)::integer
                    ELSE '-infinity' END
  FROM public.users u
 WHERE u.id = b.user_id AND b.since > '-infinity'
   AND NOT EXISTS (SELECT FROM verdicts v WHERE v.user_id = b.user_id)
RETURNING 1
