-- Who was ranked at the close of a week. Falls due at the first slot after the close.
-- Index: board_closings by name, closing_ranks' keys. Fills candidates.
INSERT INTO candidates (kind, user_id, occasion, zone, slot_at, variables)
SELECT s.kind, r.user_id, substr(c.closing, 8), s.zone, s.slot_at,
       jsonb_build_object('name', u.name, 'rank', r.rank::text, 'attempts', r.attempts::text, 'accuracy',
                          to_char(((2000 * r.correct + r.attempts) / (2 * r.attempts)) / 10.0, 'FM990.0'))
  FROM plan p
  JOIN nightshift.board_closings c ON c.closing LIKE 'weekly/%' AND c.as_of <= p.as_of
                                  AND c.as_of > p.as_of - interval '3 days'
  JOIN nightshift.closing_ranks r ON r.closing = c.closing
  JOIN zoned u ON u.user_id = r.user_id
  JOIN windows s ON s.kind = 'weekly_result' AND s.zone = u.zone AND c.as_of <= s.slot_at AND c.as_of > s.previous_at
