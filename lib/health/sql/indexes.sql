-- Indexes that an interrupted build has left: they are written, and never read.
-- Result: one row; value (how many), said, fix. Reads only.
SELECT count(*)::float8 AS value,
       CASE count(*) WHEN 0 THEN 'none is invalid' ELSE string_agg(i.name, ', ') || ' cannot be used' END AS said,
       CASE WHEN count(*) > 0 THEN 'REINDEX INDEX CONCURRENTLY ' || min(i.name) || ', or drop it' END AS fix
  FROM (SELECT format('%I.%I', n.nspname, c.relname) AS name
          FROM pg_index x
          JOIN pg_class c ON c.oid = x.indexrelid
          JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE NOT x.indisvalid AND n.nspname IN ('public', 'nightshift')
           AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = x.indexrelid)
         ORDER BY 1
         LIMIT 5) AS i
