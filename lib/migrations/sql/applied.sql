-- What the ledger of one track holds.
-- Parameters: $1 track. Result: a row a migration, applied_at in Unix microseconds, ascending.
-- Index: primary key. Reads only.
SELECT version, name, checksum, (extract(epoch FROM applied_at) * 1000000)::bigint AS applied_at,
       duration_ms, applied_by
  FROM nightshift.migrations
 WHERE track = $1::text
 ORDER BY version
