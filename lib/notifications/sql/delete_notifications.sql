-- Deletes notifications with their deliveries and attempts.
-- Parameters: $1 notification ids (a JSON array). Index: primary keys. Safe to repeat.
WITH ids AS MATERIALIZED (SELECT value::bigint AS id FROM jsonb_array_elements_text($1::jsonb)),
     attempts AS (
    DELETE FROM nightshift.notification_attempts WHERE notification_id IN (SELECT id FROM ids)),
     deliveries AS (
    DELETE FROM nightshift.notification_deliveries WHERE notification_id IN (SELECT id FROM ids))
DELETE FROM nightshift.notifications WHERE notification_id IN (SELECT id FROM ids)
