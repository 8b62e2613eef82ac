-- The columns of the app's tables.
-- Parameters: $1 names in public. Result: table, column, type as written, and its family: what the
-- type is for us. A domain counts as its base type. Reads only.
SELECT c.relname AS table_name, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
       CASE coalesce(nullif(t.typbasetype, 0), t.oid)
           WHEN 'smallint'::regtype THEN 'integer'
           WHEN 'integer'::regtype THEN 'integer'
           WHEN 'bigint'::regtype THEN 'integer'
           WHEN 'uuid'::regtype THEN 'uuid'
           WHEN 'text'::regtype THEN 'text'
           WHEN 'varchar'::regtype THEN 'text'
           WHEN 'boolean'::regtype THEN 'boolean'
           WHEN 'timestamptz'::regtype THEN 'timestamptz'
           WHEN 'timestamp'::regtype THEN 'timestamp'
           WHEN 'xid8'::regtype THEN 'xid8'
           ELSE 'other'
       END AS family
  FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_type t ON t.oid = a.atttypid
 WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'public')
   AND c.relname = ANY ($1::text[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
 ORDER BY c.relname, a.attnum
