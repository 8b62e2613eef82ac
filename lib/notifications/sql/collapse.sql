-- Of several of one kind for one learner the latest is said.
-- Reads and writes learners. Safe to repeat.
UPDATE learners l
   SET reason = 'collapsed'
  FROM (SELECT number, row_number() OVER (PARTITION BY user_id, kind ORDER BY slot_at DESC, number DESC) AS place
          FROM learners
         WHERE reason IS NULL
           AND (user_id, kind) IN (SELECT user_id, kind FROM learners WHERE reason IS NULL
                                    GROUP BY 1, 2 HAVING count(*) > 1)) AS ranked
 WHERE l.number = ranked.number AND ranked.place > 1
