-- Takes the staged rows away whose user or question the tables lack and that are not to be created.
-- Parameters: $1 the file, $2 and $3 whether users and questions will be created.
-- Result: a line of JSON for each, as RejectFile writes them, in the order of the file.
-- Index: users' and questions' primary keys, or for many rows hashes of all ids.
WITH rejected AS (
    DELETE FROM attempts_staged s
     WHERE (NOT $2::boolean AND NOT EXISTS (SELECT FROM public.users u WHERE u.id = s.user_id))
        OR (NOT $3::boolean AND NOT EXISTS (SELECT FROM public.questions q WHERE q.id = s.question_id))
    RETURNING s.*, $2::boolean OR EXISTS (SELECT FROM public.users u WHERE u.id = s.user_id) AS has_user)
SELECT json_strip_nulls(json_build_object(
           'user_id', user_id::text, 'question_id', question_id::text, 'is_correct', is_correct::text,
           'skipped', skipped::text,
           'attempted_at', to_char(attempted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
           'event_id', event_id,
           'rejected', json_build_object(
               'file', $1::text, 'line', line,
               'why', CASE WHEN has_user THEN 'no such question' ELSE 'no such user' END)))::text AS line
  FROM rejected
 ORDER BY rejected.line
