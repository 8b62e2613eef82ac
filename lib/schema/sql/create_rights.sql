-- What else it takes to add to the app's tables and to make a schema of our own.
-- Parameters: $1 the role that alters tables in public, $2 the role that makes our schema.
-- Result: one row; who may grant what lacks. Reads only.
SELECT has_schema_privilege($1::text, 'public', 'CREATE') AS in_public,
       has_schema_privilege($2::text, 'public', 'USAGE') AS use_public,
       to_regnamespace('nightshift') IS NOT NULL
           OR has_database_privilege($2::text, current_database(), 'CREATE') AS in_database,
       current_database() AS database
