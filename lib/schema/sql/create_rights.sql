-- What else it takes to add to the app's tables and to make a schema of our own.
-- Parameters: $1 the role that alters tables in public, $2 the role that makes our schema.
-- Result: one row; who may grant what lacks. strangers: what stands in a schema nightshift that has no
-- ledger, or NULL; closed_tablespace: where indexes would go and may not, or NULL. Reads only.
SELECT has_schema_privilege($1::name, 'public', 'CREATE') AS in_public,
       has_schema_privilege($2::name, 'public', 'USAGE')
           AND has_schema_privilege($1::name, 'public', 'USAGE') AS use_public,
       CASE WHEN ours IS NULL
            THEN has_database_privilege($2::name, current_database(), 'CREATE') END AS in_database,
       CASE WHEN ours IS NOT NULL
            THEN has_schema_privilege($2::name, ours, 'CREATE')
                 AND has_schema_privilege($2::name, ours, 'USAGE') END AS in_ours,
       CASE WHEN to_regclass('nightshift.migrations') IS NULL
            THEN (SELECT string_agg(name::text, ', ' ORDER BY name)
                    FROM (SELECT relname FROM pg_class WHERE relnamespace = ours
                           UNION
                          SELECT typname FROM pg_type
                           WHERE typnamespace = ours AND typelem = 0) AS every (name)) END
           AS strangers,
       (SELECT spcname FROM pg_tablespace
         WHERE spcname = current_setting('default_tablespace')
           AND NOT has_tablespace_privilege($1::name, oid, 'CREATE')) AS closed_tablespace,
       current_database() AS database,
       pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean AS read_only
  FROM (VALUES (to_regnamespace('nightshift')::oid)) AS schema (ours)
