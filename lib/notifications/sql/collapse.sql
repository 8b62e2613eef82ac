-- Of several of one kind for one learner the latest is said.
-- Reads and writes planned. Safe to repeat.
UPDATE planned p
   SET reason = 'collapsed'
  FROM (SELECT number, dense_rank() OVER (PARTITION BY user_id, kind ORDER BY expires_at DESC, number DESC) AS place
          FROM planned
         WHERE reason IS NULL
           AND (user_id, kind) IN (SELECT user_id, kind FROM planned WHERE reason IS NULL
                                    GROUP BY 1, 2 HAVING min(number) <> max(number))) AS ranked
 WHERE p.number = ranked.number AND p.reason IS NULL AND ranked.place > 1
