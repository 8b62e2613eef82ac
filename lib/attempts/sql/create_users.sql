-- Creates the users in users_missing, and moves the id sequence past them, else the app's next insert
-- would collide.
-- Parameters: $1 the sequence behind id, or NULL. Result: how many; the sequence's value where it moved.
-- Runs with the app's search_path, for its triggers: only what no function or operator of theirs could
-- stand in for. Index: users' primary key. Safe to repeat. Moved only where an id lies beyond it: the
-- app's own inserts go on meanwhile, and a value written back would be an old one. The FILTER keeps
-- ids that are no integers from being cast.
WITH created AS (
    INSERT INTO public.users (id, name)
    OVERRIDING SYSTEM VALUE  -- an identity of the app's may be GENERATED ALWAYS
    SELECT id, name FROM pg_temp.users_missing
    ON CONFLICT (id) DO NOTHING
    RETURNING id),
     highest AS (SELECT count(*) AS created,
                        max(id::text::bigint) FILTER (WHERE $1::text IS NOT NULL) AS id
                   FROM created)
SELECT created,
       CASE WHEN id > coalesce(pg_sequence_last_value($1::text::regclass), 0)
            THEN setval($1::text::regclass, id) END AS sequence_at
  FROM highest
