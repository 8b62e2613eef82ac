-- Who was not judged, as the days that were read do not tell: all their days are to be read.
-- Result: one row a user. Reads only.
UPDATE batch b
   SET since = '-infinity'
 WHERE since > '-infinity' AND NOT EXISTS (SELECT FROM verdicts v WHERE v.user_id = b.user_id)
RETURNING 1
