-- Writes a migration into the ledger, in the migration's own transaction.
-- Parameters: $1 track, $2 version, $3 name, $4 checksum.
-- The ledger's times are the database's, which alone knows how long the transaction has run.
-- Not repeatable: the primary key refuses.
INSERT INTO nightshift.migrations
       (track, version, name, checksum, applied_at, duration_ms, applied_by)
VALUES ($1::text, $2::int, $3::text, $4::text, clock_timestamp(),
        (extract(epoch FROM clock_timestamp() - transaction_timestamp()) * 1000)::bigint,
        session_user || coalesce('@' || host(inet_client_addr()), ''))
