-- What became of each kind for one user, after the plan was worked out for them alone.
-- Parameters: $1 the kinds that come every day (a JSON array). Result: a row a kind; slot_at and ends_at (Unix
-- microseconds) of what fell due, else of the last slot of a kind that comes every day, or NULL; the occasion, and
-- the verdict on each channel ('': it is not due). Reads the plan's tables.
SELECT k.kind, (extract(epoch FROM t.slot_at) * 1000000)::bigint AS slot_at,
       (extract(epoch FROM t.slot_at + k.lasts) * 1000000)::bigint AS ends_at,
       t.slot_at + k.lasts > p.as_of IS TRUE AS is_open, t.slot_at < p.installed_at IS TRUE AS is_before_installation,
       coalesce((SELECT string_agg(concat_ws(' ', d.channel, coalesce(d.reason, 'eligible')), '; '
                                   ORDER BY d.number, d.ordinal)
                   FROM planned d
                  WHERE d.kind = k.kind), '') AS verdict,
       coalesce(c.occasion, '') AS occasion
  FROM plan p
 CROSS JOIN plan_kinds k
 CROSS JOIN zoned u
  LEFT JOIN LATERAL (SELECT slot_at, occasion
                       FROM candidates c
                      WHERE c.kind = k.kind
                      ORDER BY slot_at DESC
                      LIMIT 1) AS c ON true
  LEFT JOIN LATERAL (
    SELECT coalesce(min(w.preferred_hour) FILTER (WHERE w.category = k.category),
                    min(w.preferred_hour) FILTER (WHERE w.category = 'all')) AS hour
      FROM public.notification_preferences w
     WHERE w.user_id = u.user_id AND k.is_chosen AND w.preferred_hour BETWEEN 0 AND 23) AS own ON true
  LEFT JOIN slots s ON s.zone = u.zone AND s.hour = coalesce(own.hour, k.hour)
                   AND k.kind IN (SELECT jsonb_array_elements_text($1::jsonb))
 CROSS JOIN LATERAL (SELECT coalesce(c.slot_at, s.slot_at) AS slot_at) AS t
