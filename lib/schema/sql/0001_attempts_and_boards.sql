-- Our own tables for attempts and boards. The app's tables stand already: see app_tables.cpp.
-- Everything of ours reaches the app's ids through two domains over their type, so that one SQL
-- serves integers, uuid and text, and their order is defined: integers by number, uuid natively,
-- text by its bytes, or by the collation that the app gave the column. Runs in one transaction.
-- No foreign keys: an app's delete must never wait for us, and an import of millions of rows
-- checks its users and questions once, as a set.

DO $$
DECLARE
    app record;
    base oid;
BEGIN
    FOR app IN
        SELECT named.domain_name, a.atttypid, quote_ident(n.nspname) || '.' || quote_ident(c.collname) AS own_collation
          FROM (VALUES ('user_id', 'public.users'), ('question_id', 'public.questions'))
                   AS named (domain_name, table_name)
          JOIN pg_attribute a ON a.attrelid = named.table_name::regclass AND a.attname = 'id'
          LEFT JOIN pg_collation c ON c.oid = a.attcollation AND c.collname <> 'default'
          LEFT JOIN pg_namespace n ON n.oid = c.collnamespace
    LOOP
        base := app.atttypid;
        WHILE (SELECT typtype = 'd' FROM pg_type WHERE oid = base) LOOP
            base := (SELECT typbasetype FROM pg_type WHERE oid = base);
        END LOOP;
        EXECUTE format('CREATE DOMAIN nightshift.%I AS %s', app.domain_name,
            CASE WHEN base = 'uuid'::regtype THEN 'uuid'
                 WHEN base IN ('text'::regtype, 'varchar'::regtype)
                 THEN 'text COLLATE ' || coalesce(app.own_collation, '"C"')
                 ELSE 'bigint' END);
    END LOOP;
END
$$;

-- One row a job, kept after release: the fence only ever grows.
-- UNIQUE (job, fence) makes fence a key column, so that a takeover waits for whoever holds the
-- row FOR KEY SHARE while a heartbeat passes.
CREATE TABLE nightshift.job_leases (
    job          text PRIMARY KEY,
    fence        bigint NOT NULL,
    run_id       text NOT NULL,
    host         text NOT NULL,
    pid          integer NOT NULL,
    pid_scope    text NOT NULL,
    acquired_at  timestamptz NOT NULL,
    heartbeat_at timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL CHECK (expires_at < 'infinity'),
    UNIQUE (job, fence)
);
COMMENT ON COLUMN nightshift.job_leases.pid_scope IS 'kernel boot and PID namespace: where pid names the holder';

-- The board that was published last, by name.
CREATE TABLE nightshift.boards (
    board        text PRIMARY KEY,
    as_of        timestamptz NOT NULL,
    published_at timestamptz NOT NULL,
    run_id       text NOT NULL,
    fence        bigint NOT NULL,
    users        bigint NOT NULL,
    checksum     text NOT NULL
);
COMMENT ON COLUMN nightshift.boards.checksum IS 'SHA-256 of the published document, hex';
