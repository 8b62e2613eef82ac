-- Creates the questions that the staged rows name and the table lacks, and moves the id sequence
-- past them, else the app's next insert would collide.
-- Result: how many; the sequence's value where there is one. Index: questions' primary key.
-- Safe to repeat. Moved only where an id lies beyond it: the app's own inserts go on meanwhile, and
-- a value written back would be an old one. The FILTER keeps ids
-- that are no integers from being cast.
WITH created AS (
    INSERT INTO public.questions (id)
    OVERRIDING SYSTEM VALUE  -- an identity of the app's may be GENERATED ALWAYS
    SELECT named.question_id
      FROM (SELECT DISTINCT question_id FROM attempts_staged) AS named
     WHERE NOT EXISTS (SELECT FROM public.questions q WHERE q.id = named.question_id)
    ON CONFLICT (id) DO NOTHING
    RETURNING id),
     sequence AS (SELECT pg_get_serial_sequence('public.questions', 'id')::regclass AS name),
     highest AS (SELECT count(*) AS created,
                        max(id::text::bigint) FILTER (WHERE (SELECT name FROM sequence) IS NOT NULL)
                            AS id
                   FROM created)
SELECT h.created,
       CASE WHEN h.id > coalesce(pg_sequence_last_value(s.name), 0) THEN setval(s.name, h.id)
       END AS sequence_at
  FROM highest h, sequence s
