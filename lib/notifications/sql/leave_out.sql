-- What the outbox is not to know of: nothing of it is sent now, and a later run may plan it.
-- Parameters: $1 for which reasons (an array). Deletes from planned. Safe to repeat.
DELETE FROM planned
 WHERE number IN (SELECT o.number
                    FROM planned o
                   WHERE o.reason = ANY ($1::text[])
                     AND NOT EXISTS (SELECT FROM planned s WHERE s.number = o.number AND s.reason IS NULL))
