-- The indexes of the app's tables, and whatever else in public has one of our index names.
-- Parameters: $1 table names in public, $2 our index names.
-- Result: table (NULL for what is no index of these tables), name, and for an index: valid, unique,
-- key columns and included columns joined with ", " ('?' for an expression), predicate as Postgres
-- writes it, primary key or not, the name of its constraint where that is deferrable. Reads only.
SELECT t.relname AS table_name, c.relname AS name, coalesce(i.indisvalid AND i.indisready, false) AS valid,
       coalesce(i.indisunique AND i.indimmediate, false) AS is_unique,
       -- NULLS NOT DISTINCT came with Postgres 15. Another collation than the column's serves nobody.
       coalesce(am.amname = 'btree', false)
           AND coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false) IS FALSE
           AND NOT EXISTS (
                   SELECT FROM unnest(i.indkey::int2[], i.indcollation::oid[]) AS k (attnum, coll)
                     JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
                    WHERE k.coll <> 0 AND k.coll <> a.attcollation) AS is_plain,
       (SELECT string_agg(coalesce(a.attname, '?'), ', ' ORDER BY k.position)
          FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, position)
          LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum AND k.attnum > 0
         WHERE k.position <= i.indnkeyatts) AS columns,
       (SELECT string_agg(a.attname, ', ' ORDER BY k.position)
          FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, position)
          JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
         WHERE k.position > i.indnkeyatts) AS included,
       pg_get_expr(i.indpred, i.indrelid) AS predicate,
       coalesce(i.indisprimary, false) AS is_primary,
       (SELECT conname FROM pg_constraint WHERE conindid = c.oid AND condeferrable
           AND contype IN ('p', 'u')) AS deferrable
  FROM pg_class c
  LEFT JOIN pg_index i ON i.indexrelid = c.oid
  LEFT JOIN pg_class t ON t.oid = i.indrelid AND t.relname = ANY ($1::text[])
                      AND t.relnamespace = c.relnamespace
  LEFT JOIN pg_am am ON am.oid = c.relam
 WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'public')
   AND (t.oid IS NOT NULL OR c.relname = ANY ($2::text[]))
 ORDER BY c.relname
