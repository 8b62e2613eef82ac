-- Notes the zone of users who are new or have moved; they go into moved, with the time since when.
-- Parameters: $1 the default zone, for users who name none or what is none; $2 when it was seen.
-- A zone is in force from the pass that first sees it, of a new user since ever: days that were earned
-- stay. Index: user_zones' and zones' primary keys. Safe to repeat.
WITH wanted AS (
    SELECT l.id::nightshift.user_id AS user_id, l.named, coalesce(z.zone, d.zone) AS zone,
           l.named IS NULL OR z.zone IS NOT NULL AS is_valid
      FROM looked_at l
      JOIN nightshift.zones d ON d.key = lower($1::text)
      LEFT JOIN nightshift.zones z ON z.key = lower(l.named)
     WHERE l.is_rewritten),
     compared AS (
    SELECT w.*, o.zone AS old_zone, o.valid_from AS old_from, o.named AS old_named,
           o.is_valid AS old_is_valid
      FROM wanted w
      LEFT JOIN nightshift.user_zones o ON o.user_id = w.user_id AND o.valid_until = 'infinity'),
     closed AS (
    UPDATE nightshift.user_zones o
       SET valid_until = $2::timestamptz
      FROM compared c
     WHERE o.user_id = c.user_id AND o.valid_from = c.old_from
       AND c.zone <> c.old_zone AND c.old_from < $2::timestamptz),
     renamed AS (
    UPDATE nightshift.user_zones o
       SET named = c.named, is_valid = c.is_valid
      FROM compared c
     WHERE o.user_id = c.user_id AND o.valid_from = c.old_from AND c.zone = c.old_zone
       AND (c.named, c.is_valid) IS DISTINCT FROM (c.old_named, c.old_is_valid)),
     opened AS (
    INSERT INTO nightshift.user_zones AS o (user_id, valid_from, valid_until, zone, named, is_valid)
    SELECT user_id,
           CASE WHEN old_zone IS NULL THEN '-infinity' ELSE greatest(old_from, $2::timestamptz) END,
           'infinity', zone, named, is_valid
      FROM compared
     WHERE old_zone IS NULL OR zone <> old_zone
        ON CONFLICT (user_id, valid_from) DO UPDATE
       SET zone = excluded.zone, named = excluded.named, is_valid = excluded.is_valid
    RETURNING o.user_id, o.valid_from)
INSERT INTO moved (user_id, since)
SELECT user_id, valid_from FROM opened
