-- What else it takes to add to the app's tables and to make a schema of our own.
-- Parameters: $1 the role that alters tables in public, $2 the role that makes our schema.
-- Result: one row; who may grant what lacks. Reads only.
SELECT has_schema_privilege($1::name, 'public', 'CREATE') AS in_public,
       has_schema_privilege($2::name, 'public', 'USAGE')
           AND has_schema_privilege($1::name, 'public', 'USAGE') AS use_public,
       CASE WHEN to_regnamespace('nightshift') IS NULL
            THEN has_database_privilege($2::name, current_database(), 'CREATE') END AS in_database,
       CASE WHEN to_regnamespace('nightshift') IS NOT NULL
            THEN has_schema_privilege($2::name, 'nightshift', 'CREATE, USAGE') END AS in_ours,
       current_database() AS database,
       pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean AS read_only
