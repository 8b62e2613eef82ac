-- What a report says of everybody: attempts that wait for their time, names that are no zone, with some
-- of them.
-- Result: one row. Index: user_zones where not valid. Reads only.
SELECT (SELECT count(*) FROM nightshift.arrivals_pending) AS future_attempts,
       (SELECT count(*) FROM nightshift.user_zones WHERE NOT is_valid AND valid_until = 'infinity')
           AS invalid_zones
