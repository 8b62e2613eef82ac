-- Creates the questions that the staged rows name and the table lacks, and moves the id sequence
-- past them, else the app's next insert would collide.
-- Result: how many; the sequence's value where there is one. Index: questions' primary key.
-- Safe to repeat. The CASE keeps ids that are no integers from being cast.
WITH created AS (
    INSERT INTO public.questions (id)
    SELECT named.question_id
      FROM (SELECT DISTINCT question_id FROM attempts_staged) AS named
     WHERE NOT EXISTS (SELECT FROM public.questions q WHERE q.id = named.question_id)
    ON CONFLICT (id) DO NOTHING
    RETURNING id)
SELECT count(*) AS created,
       CASE WHEN count(*) > 0 AND pg_get_serial_sequence('public.questions', 'id') IS NOT NULL
            THEN setval(pg_get_serial_sequence('public.questions', 'id'),
                        greatest(max(id::text::bigint), 1,
                                 pg_sequence_last_value(
                                     pg_get_serial_sequence('public.questions', 'id'))))
       END AS sequence_at
  FROM created
