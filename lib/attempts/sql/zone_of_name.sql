-- The zone that a name stands for.
-- Parameters: $1 the name. Result: one row, or none. Index: zones' primary key. Reads only.
SELECT zone FROM nightshift.zones WHERE key = lower($1::text)
