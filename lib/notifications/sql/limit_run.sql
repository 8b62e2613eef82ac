-- No more than so many notifications in this run; the others may go with the next.
-- Parameters: $1 how many. Reads and writes planned.
UPDATE planned
   SET reason = 'capped'
 WHERE reason IS NULL
   AND number NOT IN (SELECT number
                        FROM planned
                       WHERE reason IS NULL
                       GROUP BY number, priority
                       ORDER BY priority, number
                       LIMIT $1::bigint)
