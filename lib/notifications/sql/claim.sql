-- Takes what is to be sent now: each delivery is looked at once more, and is either on its way under a lease, or
-- put off to the end of the learner's quiet hours, or skipped with a reason. A push goes to a device that is still the
-- learner's, an e-mail or SMS to the address that they have by now.
-- Parameters: $1 channel, $2 how many, $3 now, $4 the lease's token, $5 the kinds (JSON: kind, category, is_chosen),
-- $6 one user alone or NULL, $7 default zone, $8 allow-list or NULL, $9 the kinds that may go, $10 all categories,
-- $11 to $14 the delivery after which to look (priority, not before, number, ordinal).
-- Result: a row per delivery; reason '' where it is to be sent. Leases are by the database's clock.
-- Index: deliveries_pending, then primary keys, and device_tokens (user_id): a learner's few devices are looked
-- through (OFFSET 0), as their tokens take long to compare. Safe beside others: a row is taken by one.
-- This runs for every message, so: a clock is read once (OFFSET 0), a zone is looked up where it is not the plan's,
-- hours are the least of texts where a sort would be made for each learner, and no instant goes through numeric.
WITH kinds AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset($5::jsonb) AS k (kind text, category text, is_chosen boolean)),
     here AS MATERIALIZED (SELECT zone FROM nightshift.zones WHERE key = lower($7::text)),
     due AS MATERIALIZED (
    SELECT d.ctid AS place, d.notification_id, d.ordinal, d.kind, d.address, d.channel, d.priority, d.not_before,
           d.expires_at
      FROM nightshift.notification_deliveries d
     WHERE d.state = 'pending' AND d.channel = $1::text AND d.not_before <= $3::timestamptz
       AND (d.priority, d.not_before, d.notification_id, d.ordinal)
           > ($11::smallint, $12::timestamptz, $13::bigint, $14::smallint)
       AND d.kind = ANY ($9::text[])
       AND ($6::text IS NULL OR d.user_id = $6::text::nightshift.user_id)
       AND nightshift.is_allowed($8::text[], d.address, d.user_id::text)
     ORDER BY d.priority, d.not_before, d.notification_id, d.ordinal
     LIMIT $2::bigint
       FOR UPDATE OF d SKIP LOCKED),
     judged AS MATERIALIZED (
    SELECT d.place, n.notification_id, d.ordinal, n.user_id, n.kind, n.occasion, n.locale, n.variables, a.address,
           d.priority, d.not_before, d.expires_at, u.phone, k.category,
           CASE WHEN d.expires_at <= $3::timestamptz THEN 'expired'
                WHEN u.id IS NULL THEN 'no longer due'
                WHEN NOT a.is_good THEN CASE d.channel WHEN 'push' THEN 'stale token' ELSE 'no address' END
                WHEN w.silenced && ARRAY[d.channel, 'all'] THEN 'opted out'
                WHEN s.address IS NOT NULL THEN 'suppressed'
                WHEN NOT nightshift.is_allowed($8::text[], a.address, n.user_id::text) THEN 'not on the allow-list'
                WHEN q.ends_at >= d.expires_at THEN 'quiet hours' END AS reason,
           q.ends_at
      FROM due d
      JOIN nightshift.notifications n ON n.notification_id = d.notification_id
      JOIN kinds k ON k.kind = n.kind
      LEFT JOIN public.users u ON u.id = (ROW(n.user_id)::nightshift.app_user).id
     CROSS JOIN LATERAL (
        SELECT coalesce(CASE d.channel WHEN 'sms' THEN u.phone::text WHEN 'email' THEN u.email::text END,
                        d.address) AS address,
               CASE d.channel WHEN 'sms' THEN nightshift.is_phone(u.phone::text)
                              WHEN 'email' THEN nightshift.is_email(u.email::text)
                              ELSE d.address IN (SELECT t.token
                                                   FROM public.device_tokens t
                                                  WHERE t.user_id = u.id AND t.disabled_at IS NULL
                                                 OFFSET 0) END AS is_good) AS a
     CROSS JOIN LATERAL (
        SELECT array_agg(nightshift.silenced_channel(p.channel::text)) FILTER (WHERE p.enabled IS FALSE) AS silenced,
               min(ARRAY[(p.category = 'all')::text, p.channel, p.quiet_from::text, p.quiet_until::text])
                   FILTER (WHERE h.has_hours) AS hours,
               bool_or(h.is_known AND p.preferred_hour BETWEEN 0 AND 23) AS has_chosen
          FROM public.notification_preferences p
         CROSS JOIN LATERAL (SELECT p.category IN (k.category, 'all') AS is_known,
                                    p.category IN (k.category, 'all') AND p.quiet_from IS NOT NULL
                                    AND p.quiet_until IS NOT NULL AS has_hours) AS h
         WHERE p.user_id = u.id AND (h.is_known OR p.category <> ALL ($10::text[]))) AS w
      LEFT JOIN nightshift.suppressions s ON s.channel = d.channel AND s.address = lower(a.address)
      LEFT JOIN nightshift.zones z ON z.key = CASE WHEN u.timezone <> n.zone THEN lower(u.timezone) END
     CROSS JOIN LATERAL (
        SELECT CASE WHEN u.timezone = n.zone THEN n.zone ELSE coalesce(z.zone, (SELECT zone FROM here)) END AS zone,
               k.is_chosen AND w.has_chosen AS has_say) AS o
     CROSS JOIN LATERAL (
        SELECT ($3::timestamptz AT TIME ZONE o.zone)::time AS clock,
               CASE WHEN o.has_say THEN w.hours[3]::time
                    ELSE coalesce(w.hours[3]::time, time '21:00') END AS quiet_from,
               CASE WHEN o.has_say THEN w.hours[4]::time
                    ELSE coalesce(w.hours[4]::time, time '08:00') END AS quiet_until
        OFFSET 0) AS h
     CROSS JOIN LATERAL (
        SELECT CASE WHEN nightshift.is_quiet(h.clock, h.quiet_from, h.quiet_until)
                    THEN nightshift.quiet_end($3::timestamptz, o.zone, h.quiet_until) END AS ends_at) AS q),
     taken AS (
    UPDATE nightshift.notification_deliveries d
       SET state = CASE WHEN j.reason IS NOT NULL THEN 'skipped' WHEN j.ends_at IS NOT NULL THEN 'pending'
                        ELSE 'sending' END,
           reason = j.reason,
           address = j.address,
           not_before = coalesce(j.ends_at, d.not_before),
           settled_at = CASE WHEN j.reason IS NOT NULL THEN $3::timestamptz END,
           attempts = d.attempts + CASE WHEN j.reason IS NULL AND j.ends_at IS NULL THEN 1 ELSE 0 END,
           lease_token = CASE WHEN j.reason IS NULL AND j.ends_at IS NULL THEN $4::text END,
           lease_until = CASE WHEN j.reason IS NULL AND j.ends_at IS NULL
                              THEN clock_timestamp() + interval '2 minutes' END
      FROM judged j
     WHERE d.ctid = j.place
    RETURNING j.*, d.retries, d.state)
SELECT notification_id, ordinal, retries, state, coalesce(reason, '') AS reason, user_id, kind, occasion, category,
       locale, variables, address, phone, priority, round(date_part('epoch', not_before) * 1e6)::bigint AS not_before,
       round(date_part('epoch', expires_at) * 1e6)::bigint AS expires_at
  FROM taken
