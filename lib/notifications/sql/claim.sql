-- Takes what is to be sent now: each delivery is looked at once more, and is either on its way under a lease, or
-- put off to the end of the learner's quiet hours, or skipped with a reason. What happened is told so far as an
-- event of a streak was (told_at).
-- Parameters: $1 channel, $2 how many, $3 now, $4 the lease's token, $5 the kinds (JSON: kind, category, is_chosen),
-- $6 one user alone or NULL, $7 default zone, $8 least items due, $9 allow-list or NULL, $10 the kinds that may go,
-- $11 all categories, $12 to $15 the delivery after which to look (priority, not before, number, ordinal).
-- Result: a row per delivery; reason '' where it is to be sent. Leases are by the database's clock.
-- Index: deliveries_pending, then primary keys. Safe beside others: a row is taken by one.
WITH kinds AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset($5::jsonb) AS k (kind text, category text, is_chosen boolean)),
     due AS MATERIALIZED (
    SELECT d.notification_id, d.ordinal, d.kind, d.address, d.channel, d.priority, d.not_before, d.expires_at
      FROM nightshift.notification_deliveries d
     WHERE d.state = 'pending' AND d.channel = $1::text AND d.not_before <= $3::timestamptz
       AND (d.priority, d.not_before, d.notification_id, d.ordinal)
           > ($12::smallint, $13::timestamptz, $14::bigint, $15::smallint)
       AND d.kind = ANY ($10::text[])
       AND ($6::text IS NULL OR d.user_id = $6::text::nightshift.user_id)
       AND ($9::text[] IS NULL
            OR ARRAY[lower(d.address), '@' || split_part(lower(d.address), '@', 2), 'user:' || d.user_id] && $9::text[])
     ORDER BY d.priority, d.not_before, d.notification_id, d.ordinal
     LIMIT $2::bigint
       FOR UPDATE OF d SKIP LOCKED),
     judged AS MATERIALIZED (
    SELECT n.notification_id, d.ordinal, n.user_id, n.kind, n.occasion, n.locale, n.variables, d.address, d.priority,
           d.not_before, d.expires_at, u.phone, k.category,
           CASE WHEN d.expires_at <= $3::timestamptz THEN 'expired'
                WHEN u.id IS NULL THEN 'no longer due'
                WHEN w.silenced && ARRAY[d.channel, 'all'] THEN 'opted out'
                WHEN s.address IS NOT NULL THEN 'suppressed'
                WHEN d.channel = 'push' AND NOT EXISTS (SELECT
                                                          FROM public.device_tokens t
                                                         WHERE t.token = d.address AND t.disabled_at IS NULL)
                THEN 'stale token'
                WHEN NOT CASE n.kind
                    WHEN 'review' THEN
                        (SELECT count(*)
                           FROM public.review_items r
                          WHERE r.user_id = u.id AND r.due_at <= $3::timestamptz) >= $8::bigint
                    WHEN 'streak_at_risk' THEN NOT EXISTS (
                        SELECT
                          FROM public.attempts a
                         WHERE a.user_id = u.id AND a.skipped IS NOT TRUE AND a.attempted_at <= $3::timestamptz
                           AND a.attempted_at > n.slot_at - interval '26 hours'
                           AND (a.attempted_at AT TIME ZONE n.zone)::date >= n.occasion::date)
                    WHEN 'streak_broken' THEN EXISTS (
                        SELECT
                          FROM nightshift.streak_events e
                         WHERE e.user_id = n.user_id AND e.day = n.occasion::date AND e.kind = 'broken')
                        AND NOT EXISTS (
                        SELECT
                          FROM public.attempts a
                         WHERE a.user_id = u.id AND a.skipped IS NOT TRUE AND a.attempted_at <= $3::timestamptz
                           AND a.attempted_at > n.slot_at - interval '3 days'
                           AND (a.attempted_at AT TIME ZONE n.zone)::date > n.occasion::date)
                    ELSE true END
                THEN 'no longer due'
                WHEN q.ends_at >= d.expires_at THEN 'quiet hours' END AS reason,
           q.ends_at
      FROM due d
      JOIN nightshift.notifications n ON n.notification_id = d.notification_id
      JOIN kinds k ON k.kind = n.kind
      LEFT JOIN public.users u ON u.id = n.user_id
     CROSS JOIN LATERAL (
        SELECT array_agg(p.channel) FILTER (WHERE p.enabled IS FALSE) AS silenced,
               (array_agg(p.quiet_from ORDER BY p.category = 'all', p.channel)
                   FILTER (WHERE h.has_hours))[1] AS quiet_from,
               (array_agg(p.quiet_until ORDER BY p.category = 'all', p.channel)
                   FILTER (WHERE h.has_hours))[1] AS quiet_until,
               bool_or(h.is_known AND p.preferred_hour BETWEEN 0 AND 23) AS has_chosen
          FROM public.notification_preferences p
         CROSS JOIN LATERAL (SELECT p.category IN (k.category, 'all') AS is_known,
                                    p.category IN (k.category, 'all') AND p.quiet_from IS NOT NULL
                                    AND p.quiet_until IS NOT NULL AS has_hours) AS h
         WHERE p.user_id = u.id AND (h.is_known OR p.category <> ALL ($11::text[]))) AS w
      LEFT JOIN nightshift.suppressions s ON s.channel = d.channel AND s.address = lower(d.address)
      LEFT JOIN nightshift.zones z ON z.key = lower(u.timezone)
     CROSS JOIN LATERAL (
        SELECT coalesce(z.zone, $7::text) AS zone,
               CASE WHEN k.is_chosen AND w.has_chosen THEN w.quiet_until
                    ELSE coalesce(w.quiet_until, time '08:00') END AS quiet_until,
               CASE WHEN k.is_chosen AND w.has_chosen THEN w.quiet_from
                    ELSE coalesce(w.quiet_from, time '21:00') END AS quiet_from) AS own
     CROSS JOIN LATERAL (
        SELECT CASE WHEN nightshift.is_quiet(($3::timestamptz AT TIME ZONE own.zone)::time, own.quiet_from,
                                             own.quiet_until)
                    THEN nightshift.quiet_end($3::timestamptz, own.zone, own.quiet_until) END AS ends_at) AS q),
     taken AS (
    UPDATE nightshift.notification_deliveries d
       SET state = CASE WHEN j.reason IS NOT NULL THEN 'skipped' WHEN j.ends_at IS NOT NULL THEN 'pending'
                        ELSE 'sending' END,
           reason = j.reason,
           not_before = coalesce(j.ends_at, d.not_before),
           settled_at = CASE WHEN j.reason IS NOT NULL THEN $3::timestamptz END,
           attempts = d.attempts + CASE WHEN j.reason IS NULL AND j.ends_at IS NULL THEN 1 ELSE 0 END,
           lease_token = CASE WHEN j.reason IS NULL AND j.ends_at IS NULL THEN $4::text END,
           lease_until = CASE WHEN j.reason IS NULL AND j.ends_at IS NULL
                              THEN clock_timestamp() + interval '2 minutes' END
      FROM judged j
     WHERE d.notification_id = j.notification_id AND d.ordinal = j.ordinal
    RETURNING j.*, d.attempts, d.retries, d.state),
     told AS (
    UPDATE nightshift.streak_events e
       SET told_at = $3::timestamptz
      FROM judged j
     WHERE j.kind IN ('streak_broken', 'milestone') AND j.reason IS NULL AND j.ends_at IS NULL AND e.told_at IS NULL
       AND e.user_id = j.user_id AND e.day = split_part(j.occasion, '/', 1)::date
       AND e.kind = CASE j.kind WHEN 'milestone' THEN 'milestone' ELSE 'broken' END)
SELECT notification_id, ordinal, attempts, retries, state, coalesce(reason, '') AS reason, user_id, kind, occasion,
       category, locale, variables, address, phone, priority,
       (extract(epoch FROM not_before) * 1000000)::bigint AS not_before,
       (extract(epoch FROM expires_at) * 1000000)::bigint AS expires_at
  FROM taken
