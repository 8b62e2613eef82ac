-- The ledger of migrations. Runs in the transaction of each migration, so that a database where
-- none succeeded has no trace of us. Safe to repeat.
-- IF NOT EXISTS would want the right to create schemas even where this one stands.
DO $$ BEGIN
    IF to_regnamespace('nightshift') IS NULL THEN CREATE SCHEMA nightshift; END IF;
END $$;
CREATE TABLE IF NOT EXISTS nightshift.migrations (
    track       text NOT NULL,
    version     integer NOT NULL,
    name        text NOT NULL,
    checksum    text NOT NULL,
    applied_at  timestamptz NOT NULL,
    duration_ms bigint NOT NULL,
    applied_by  text NOT NULL,
    PRIMARY KEY (track, version)
);
