-- Who was ranked in the month that is over (month_ranks). Falls due at the first slot after its end, or on one
-- of the days after.
-- Index: closing_ranks' keys. Fills candidates.
INSERT INTO candidates (kind, user_id, occasion, zone, slot_at, variables)
SELECT k.kind, r.user_id, substr(c.closing, 9), f.zone, f.slot_at,
       jsonb_build_object('name', u.name, 'month', to_char(to_date(substr(c.closing, 9), 'YYYY-MM'), 'FMMonth YYYY'),
                          'month_number', substr(c.closing, 14), 'year', substr(c.closing, 9, 4),
                          'rank', r.rank::text, 'attempts', r.attempts::text, 'accuracy',
                          to_char(((2000 * r.correct + r.attempts) / (2 * r.attempts)) / 10.0, 'FM990.0'))
  FROM plan p
 CROSS JOIN plan_kinds k
  JOIN nightshift.board_closings c ON c.closing LIKE 'monthly/%' AND c.as_of <= p.as_of
                                  AND c.as_of > p.as_of - k.lasts - interval '2 days'
  JOIN LATERAL (SELECT zone, CASE WHEN first >= c.as_of THEN first ELSE second END AS slot_at
                  FROM (SELECT DISTINCT zone, (c.as_of AT TIME ZONE zone)::date + make_time(k.hour, 0, 0) AS wanted
                          FROM nightshift.zones) AS z
                 CROSS JOIN LATERAL (SELECT nightshift.instant_of(wanted, zone) AS first,
                                            nightshift.instant_of(wanted + interval '1 day', zone) AS second) AS i
               ) AS f ON f.slot_at <= p.as_of AND f.slot_at + k.lasts > p.as_of AND f.slot_at >= p.installed_at
  JOIN nightshift.closing_ranks r ON r.closing = c.closing
  JOIN zoned u ON u.user_id = r.user_id AND u.zone = f.zone
 WHERE k.kind = 'monthly_report'
