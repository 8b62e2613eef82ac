-- The bare INSERT ... SELECT of a plan: who has five items due, on their device, else by e-mail, into the outbox's own
-- tables. It knows no zones, preferences, quiet hours, caps, suppressions, allow-list, languages or stale devices.
-- psql variable: at.
WITH due AS MATERIALIZED (
    SELECT row_number() OVER () AS number, u.id, u.name, u.email, u.timezone, u.locale, u.has_app_installed, d.due
      FROM public.users u
      JOIN (SELECT user_id, count(*) AS due
              FROM public.review_items
             WHERE due_at <= :'at'::timestamptz
             GROUP BY user_id) AS d ON d.user_id = u.id
     WHERE d.due >= 5),
     notifications AS (
    INSERT INTO nightshift.notifications (notification_id, user_id, kind, occasion, zone, locale, template_version,
                                          variables, slot_at, planned_at, run_id)
    SELECT number, id, 'review', '2026-11-23', timezone, locale, 'da02fa3e5ea6',
           jsonb_build_object('name', name, 'due', due::text), :'at'::timestamptz, :'at'::timestamptz,
           '01M8K1B86QAMXQFQWDTB6XXVGP'
      FROM due)
INSERT INTO nightshift.notification_deliveries (notification_id, ordinal, kind, user_id, channel, address, priority,
                                                state, not_before, expires_at)
SELECT d.number, row_number() OVER (PARTITION BY d.number), 'review', d.id,
       CASE WHEN t.token IS NULL THEN 'email' ELSE 'push' END, coalesce(t.token, d.email), 2, 'pending',
       :'at'::timestamptz, :'at'::timestamptz + interval '2 hours'
  FROM due d
  LEFT JOIN public.device_tokens t ON t.user_id = d.id AND d.has_app_installed AND t.disabled_at IS NULL;
