-- What the app's ids are: the base types of the id domains. Result: one row. Reads only.
SELECT (SELECT typbasetype::regtype::text FROM pg_type WHERE oid = 'nightshift.user_id'::regtype)
           AS user_id,
       (SELECT typbasetype::regtype::text FROM pg_type WHERE oid = 'nightshift.question_id'::regtype)
           AS question_id
