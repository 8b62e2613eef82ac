-- An audience for the benches of send-reminders: learners who are all in the window of a review, in zones whose
-- clocks show the same hour in November, with devices, wishes and items to review.
-- Of a hundred 60 have the app on a device, 8 of these on two; the others have e-mail alone. 5 have wishes, 2 an
-- address that is suppressed. 6 items are due for each, 2 are not.
-- psql variables: users, how many; at, when they are due.
INSERT INTO users (id, name, email, phone, timezone, locale, has_app_installed)
SELECT id, 'Learner ' || id, 'learner' || id || '@example.test', '+1415' || 5000000 + id,
       (ARRAY['Africa/Banjul', 'Europe/London', 'Africa/Freetown', 'UTC'])[1 + id % 4],
       (ARRAY['en', 'en-GB', 'pt-BR', 'fr', 'sw'])[1 + id % 5], id % 100 < 60
  FROM generate_series(1, :users) AS id
    ON CONFLICT (id) DO UPDATE
   SET name = excluded.name, email = excluded.email, phone = excluded.phone, timezone = excluded.timezone,
       locale = excluded.locale, has_app_installed = excluded.has_app_installed;
INSERT INTO review_items (user_id, question_id, due_at)
SELECT id, item, :'at'::timestamptz + CASE WHEN item <= 6 THEN -interval '1 hour' ELSE interval '1 day' END * item
  FROM generate_series(1, :users) AS id, generate_series(1, 8) AS item;
INSERT INTO device_tokens (user_id, provider, platform, token, registered_at, last_seen_at)
SELECT id, 'fcm', 'android', 'token-' || id || '-' || device || repeat('x', 130),
       :'at'::timestamptz - interval '60 days', :'at'::timestamptz - interval '1 day' * (id % 30)
  FROM generate_series(1, :users) AS id, generate_series(1, 2) AS device
 WHERE id % 100 < CASE device WHEN 1 THEN 60 ELSE 8 END;
INSERT INTO notification_preferences (user_id, category, channel, enabled)
SELECT id, CASE WHEN id % 3 = 0 THEN 'all' ELSE 'reminders' END, 'email', id % 2 = 0
  FROM generate_series(1, :users) AS id WHERE id % 100 BETWEEN 55 AND 59;
INSERT INTO nightshift.suppressions (channel, address, reason, evidence, since)
SELECT 'email', 'learner' || id || '@example.test', 'dead', 'bench', :'at'::timestamptz
  FROM generate_series(1, :users) AS id WHERE id % 100 BETWEEN 70 AND 71;
UPDATE nightshift.sending SET installed_at = :'at'::timestamptz - interval '30 days', confirmed_at = :'at';
VACUUM FULL ANALYZE;
