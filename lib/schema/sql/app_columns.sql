-- The columns of the app's tables.
-- Parameters: $1 names in public. Result: table, column, type as written, its family: what the type
-- is for us, whether it has a default and which, and whether a row must give a value. A domain, over
-- however many, counts as its base type. Reads only.
WITH RECURSIVE columns AS (
    SELECT c.relname AS table_name, a.attname AS name, a.attnum, a.attnotnull,
           a.atthasdef OR a.attidentity <> '' AS has_default,
           (SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef
             WHERE adrelid = a.attrelid AND adnum = a.attnum) AS default_value,
           format_type(a.atttypid, a.atttypmod) AS type, a.atttypid AS base
      FROM pg_class c
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'public')
       AND c.relname = ANY ($1::text[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
     UNION ALL
    SELECT table_name, name, attnum, attnotnull, has_default, default_value, type, t.typbasetype
      FROM columns
      JOIN pg_type t ON t.oid = base AND t.typtype = 'd')
SELECT table_name, name, type, has_default, default_value, attnotnull AND NOT has_default AS needs_value,
       CASE base
           WHEN 'smallint'::regtype THEN 'integer'
           WHEN 'integer'::regtype THEN 'integer'
           WHEN 'bigint'::regtype THEN 'integer'
           WHEN 'uuid'::regtype THEN 'uuid'
           WHEN 'text'::regtype THEN 'text'
           WHEN 'varchar'::regtype THEN 'text'
           WHEN 'boolean'::regtype THEN 'boolean'
           WHEN 'timestamptz'::regtype THEN 'timestamptz'
           WHEN 'timestamp'::regtype THEN 'timestamp'
           WHEN 'time'::regtype THEN 'time'
           WHEN 'xid8'::regtype THEN 'xid8'
           ELSE 'other'
       END AS family
  FROM columns
  JOIN pg_type t ON t.oid = base AND t.typtype <> 'd'
 ORDER BY table_name, attnum
