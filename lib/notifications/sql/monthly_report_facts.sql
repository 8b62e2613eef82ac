-- What a monthly report asks for, of the one user of the plan. Result: facts. Reads the plan's tables.
SELECT coalesce((SELECT 'rank ' || r.rank || ' of ' || b.closing
                   FROM plan p
                   JOIN nightshift.board_closings b ON b.closing LIKE 'monthly/%' AND b.as_of <= p.as_of
                   JOIN nightshift.closing_ranks r ON r.closing = b.closing AND r.user_id = p.only_user
                  ORDER BY b.as_of DESC
                  LIMIT 1), 'not ranked in a month that is kept') AS facts
