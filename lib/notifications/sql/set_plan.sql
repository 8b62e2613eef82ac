-- What a plan is to be worked out from.
-- Parameters: $1 as-of, $2 default zone, $3 least items due, $4 one user alone or NULL, $5 the allow-list (a JSON
-- array) or NULL, $6 kinds, $7 templates, $8 routes (JSON arrays of objects). Fills plan, plan_kinds,
-- plan_locales, plan_routes. Devices of learners without an app are looked at too: they are stale, or without use.
WITH kinds AS (
    INSERT INTO plan_kinds (kind, category, priority, hour, is_chosen, lasts)
    SELECT kind, category, priority, hour, is_chosen, make_interval(hours => lasts)
      FROM jsonb_to_recordset($6::jsonb) AS k (kind text, category text, priority smallint, hour smallint,
                                               is_chosen boolean, lasts integer)),
     locales AS (
    INSERT INTO plan_locales (kind, key, locale, version)
    SELECT kind, lower(locale), locale, version
      FROM jsonb_to_recordset($7::jsonb) AS l (kind text, locale text, version text)),
     routes AS (
    INSERT INTO plan_routes (key, channel, is_set, is_head)
    SELECT r.priority * 2 + r.has_app::integer, r.channel, r.is_set,
           row_number() OVER (PARTITION BY r.priority, r.has_app) = 1
      FROM jsonb_to_recordset($8::jsonb) AS r (priority smallint, has_app boolean, channel text, is_set boolean)
    UNION ALL
    SELECT DISTINCT r.priority * 2, 'push', true, false
      FROM jsonb_to_recordset($8::jsonb) AS r (priority smallint)
    UNION ALL
    SELECT 0, NULL, true, true)
INSERT INTO plan (as_of, default_zone, installed_at, min_due, only_user, allowed)
SELECT $1::timestamptz, (SELECT zone FROM nightshift.zones WHERE key = lower($2::text)), installed_at, $3::bigint,
       $4::text::nightshift.user_id,
       CASE WHEN $5::jsonb IS NOT NULL THEN ARRAY(SELECT jsonb_array_elements_text($5::jsonb)) END
  FROM nightshift.sending
