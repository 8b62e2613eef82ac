-- Whether the default zone, or one that a user names who is looked at, is not known yet.
-- Parameters: $1 the default zone.
-- Result: one row. Index: zones' primary key. Reads only.
SELECT EXISTS (SELECT
                 FROM (SELECT lower($1::text) AS key
                        UNION
                       SELECT lower(named) FROM looked_at WHERE is_rewritten) AS each
                WHERE key IS NOT NULL
                  AND NOT EXISTS (SELECT FROM nightshift.zones z WHERE z.key = each.key)) AS found
