-- The app's tables as they stand, and what we may do with them.
-- Parameters: $1 names in public, $2 the role that would alter them, $3 the role that will read.
-- Result: a row a name, in the order given; kind (pg_class.relkind) is NULL where there is none.
-- filtered: row-level security hides rows from the session; sequence: the one behind id, or NULL;
-- peculiar: why nothing can be added although it is a table, or NULL; returned_by: SQL functions that
-- return rows of it, or NULL. Where there is none: elsewhere, a table that is likely the app's, and
-- shadowed: whether the app finds that one by search_path today and would find ours. Reads only.
SELECT wanted.name, c.relkind::text AS kind, pg_get_userbyid(c.relowner) AS owner,
       pg_has_role($2::name, c.relowner, 'USAGE') AND NOT EXISTS (
           SELECT FROM pg_partition_tree(c.oid) p
             JOIN pg_class part ON part.oid = p.relid
            WHERE NOT pg_has_role($2::name, part.relowner, 'USAGE')) AS may_alter,
       has_schema_privilege(c.relowner, 'public', 'CREATE') AS owner_may_create,
       has_table_privilege($3::name, c.oid, 'SELECT') AS may_read,
       row_security_active(c.oid) AS filtered,
       (SELECT coalesce(pg_get_serial_sequence('public.' || wanted.name, 'id')::regclass,
                        (SELECT d.refobjid  -- DEFAULT nextval() of one that belongs to nobody
                           FROM pg_attrdef value
                           JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass
                                           AND d.objid = value.oid
                           JOIN pg_class s ON s.oid = d.refobjid AND s.relkind = 'S'
                          WHERE value.adrelid = c.oid AND value.adnum = a.attnum
                            AND d.refclassid = 'pg_class'::regclass))::regclass::text
          FROM pg_attribute a
         WHERE a.attrelid = c.oid AND a.attname = 'id' AND NOT a.attisdropped) AS sequence,
       CASE WHEN c.relispartition THEN 'is a partition of another table'
            WHEN c.reloftype <> 0 THEN 'is a typed table'
            WHEN c.relkind = 'r'
                 AND EXISTS (SELECT FROM pg_inherits i WHERE c.oid IN (i.inhrelid, i.inhparent))
            THEN 'takes part in inheritance'
            WHEN EXISTS (
                WITH RECURSIVE made_of (type) AS (  -- domains, arrays and composites, however deep
                    SELECT c.reltype
                     UNION
                    SELECT made
                      FROM made_of
                      JOIN (SELECT typbasetype, oid FROM pg_type WHERE typtype = 'd'
                             UNION ALL
                            SELECT typelem, oid FROM pg_type WHERE typelem <> 0
                             UNION ALL
                            SELECT a.atttypid, k.reltype
                              FROM pg_class k
                              JOIN pg_attribute a ON a.attrelid = k.oid AND NOT a.attisdropped
                             WHERE k.relkind = 'c') AS step (of_type, made) ON of_type = type)
                SELECT FROM made_of m
                  JOIN pg_attribute a ON a.atttypid = m.type AND a.attnum > 0 AND NOT a.attisdropped
                  JOIN pg_class user_of ON user_of.oid = a.attrelid
                                       AND user_of.relkind IN ('r', 'p', 'm'))
            THEN 'is the type of another table''s column' END AS peculiar,
       (SELECT string_agg(p.oid::regprocedure::text, ', ')
          FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang AND l.lanname = 'sql'
         WHERE p.prorettype = c.reltype) AS returned_by,
       candidate.name AS elsewhere, candidate.in_path AS shadowed
  FROM unnest($1::text[]) WITH ORDINALITY AS wanted (name, position)
  LEFT JOIN pg_class c ON c.relname = wanted.name AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
                      AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'public')
  LEFT JOIN LATERAL (
       SELECT other.oid::regclass::text AS name,
              other.relname = wanted.name
              AND (EXISTS (SELECT FROM pg_roles
                            WHERE rolname = n.nspname AND rolcanlogin)  -- "$user"
                   OR EXISTS (
                       SELECT FROM (SELECT unnest(setconfig) FROM pg_db_role_setting
                                     UNION ALL
                                    SELECT 'search_path=' || reset_val FROM pg_settings
                                     WHERE pg_settings.name = 'search_path') AS every (setting)
                        WHERE setting LIKE 'search_path=%'
                          AND n.nspname = ANY (string_to_array(
                                  translate(substr(setting, 13), '" ', ''), ',')))) AS in_path
         FROM pg_class other
         JOIN pg_namespace n ON n.oid = other.relnamespace
        WHERE c.oid IS NULL AND other.relkind IN ('r', 'p', 'v') AND other.relpersistence <> 't'
          AND lower(other.relname) IN (wanted.name, rtrim(wanted.name, 's'))
          AND n.nspname NOT IN ('pg_catalog', 'information_schema')
        ORDER BY in_path DESC, name
        LIMIT 1) AS candidate ON true
 ORDER BY wanted.position
