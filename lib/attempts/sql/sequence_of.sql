-- The sequence behind a table's ids: of an identity, a serial, or a DEFAULT nextval() of one that
-- belongs to no column.
-- Parameters: $1 schema.table. Result: one row, NULL where there is none. Reads only.
SELECT coalesce(pg_get_serial_sequence($1::text, 'id'),
                (SELECT s.oid::regclass::text
                   FROM pg_attribute a
                   JOIN pg_attrdef value ON value.adrelid = a.attrelid AND value.adnum = a.attnum
                   JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = value.oid
                                   AND d.refclassid = 'pg_class'::regclass
                   JOIN pg_class s ON s.oid = d.refobjid AND s.relkind = 'S'
                  WHERE a.attrelid = $1::text::regclass AND a.attname = 'id'
                  LIMIT 1)) AS sequence
