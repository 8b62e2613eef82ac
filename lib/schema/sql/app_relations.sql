-- The app's tables as they stand, and what we may do with them.
-- Parameters: $1 names in public, $2 the role that would alter them, $3 the role that will read.
-- Result: a row a name, in the order given; kind (pg_class.relkind) is NULL where there is none.
-- filtered: row-level security hides rows from the session; sequence: the one behind id, or NULL;
-- peculiar: why nothing can be added although it is a table, or NULL. Reads only.
SELECT wanted.name, c.relkind::text AS kind, pg_get_userbyid(c.relowner) AS owner,
       pg_has_role($2::name, c.relowner, 'USAGE') AS may_alter,
       has_schema_privilege(c.relowner, 'public', 'CREATE') AS owner_may_create,
       has_table_privilege($3::name, c.oid, 'SELECT') AS may_read,
       row_security_active(c.oid) AS filtered,
       CASE WHEN EXISTS (SELECT FROM pg_attribute a
                          WHERE a.attrelid = c.oid AND a.attname = 'id' AND NOT a.attisdropped)
            THEN pg_get_serial_sequence('public.' || wanted.name, 'id') END AS sequence,
       CASE WHEN c.relispartition THEN 'is a partition of another table'
            WHEN c.reloftype <> 0 THEN 'is a typed table'
            WHEN c.relkind = 'r'
                 AND EXISTS (SELECT FROM pg_inherits i WHERE c.oid IN (i.inhrelid, i.inhparent))
            THEN 'takes part in inheritance'
            WHEN EXISTS (SELECT
                           FROM pg_type t
                           JOIN pg_attribute a ON a.atttypid IN (t.oid, t.typarray)
                           JOIN pg_class user_of ON user_of.oid = a.attrelid
                          WHERE t.oid = c.reltype AND a.attnum > 0 AND NOT a.attisdropped
                            AND user_of.relkind IN ('r', 'p', 'm'))
            THEN 'is the type of another table''s column' END AS peculiar
  FROM unnest($1::text[]) WITH ORDINALITY AS wanted (name, position)
  LEFT JOIN pg_class c ON c.relname = wanted.name AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
                      AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'public')
 ORDER BY wanted.position
