-- Creates the users that the staged rows name and the table lacks, and moves the id sequence
-- past them, else the app's next insert would collide.
-- Result: how many; the sequence's value where there is one. Index: users' primary key.
-- Safe to repeat. The CASE keeps ids that are no integers from being cast.
WITH created AS (
    INSERT INTO public.users (id, name)
    SELECT named.user_id, 'user ' || named.user_id
      FROM (SELECT DISTINCT user_id FROM attempts_staged) AS named
     WHERE NOT EXISTS (SELECT FROM public.users u WHERE u.id = named.user_id)
    ON CONFLICT (id) DO NOTHING
    RETURNING id)
SELECT count(*) AS created,
       CASE WHEN count(*) > 0 AND pg_get_serial_sequence('public.users', 'id') IS NOT NULL
            THEN setval(pg_get_serial_sequence('public.users', 'id'),
                        greatest(max(id::text::bigint), 1,
                                 pg_sequence_last_value(pg_get_serial_sequence('public.users', 'id'))))
       END AS sequence_at
  FROM created
