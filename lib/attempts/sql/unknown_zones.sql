-- Whether some user who is looked at names a zone that is not known yet.
-- Result: one row. Index: zones' primary key. Reads only.
SELECT EXISTS (SELECT
                 FROM (SELECT DISTINCT lower(named) AS key FROM looked_at WHERE is_rewritten) AS each
                WHERE key IS NOT NULL
                  AND NOT EXISTS (SELECT FROM nightshift.zones z WHERE z.key = each.key)) AS found
