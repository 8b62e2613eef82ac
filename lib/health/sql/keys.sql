-- Which sequence of an integer key is the furthest used up: past its end nothing can be inserted.
-- Result: one row; value (%), said, fix, is_permitted (to read every sequence). Reads only.
WITH keys AS (
    SELECT format('%I.%I', n.nspname, t.relname) AS tab, a.attname, s.seqrelid,
           least(s.seqmax, CASE a.atttypid WHEN 'int2'::regtype THEN 32767 WHEN 'int4'::regtype THEN 2147483647
                                           ELSE 9223372036854775807 END) AS most,
           CASE WHEN p.is_permitted THEN pg_sequence_last_value(s.seqrelid) END AS last, p.is_permitted
      FROM pg_sequence s
     CROSS JOIN LATERAL (SELECT has_sequence_privilege(s.seqrelid, 'USAGE,SELECT') AS is_permitted) AS p
      JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid
                      AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
      JOIN pg_class t ON t.oid = d.refobjid
      JOIN pg_namespace n ON n.oid = t.relnamespace
      JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
     WHERE n.nspname IN ('public', 'nightshift')),
     worst AS (SELECT * FROM keys WHERE last IS NOT NULL ORDER BY last::numeric / most DESC LIMIT 1)
SELECT coalesce(round(100 * w.last::numeric / w.most, 1), 0)::float8 AS value,
       CASE WHEN w.tab IS NULL THEN 'none is in use'
            ELSE format('%s.%s is at %s of %s', w.tab, w.attname, w.last, w.most) END AS said,
       CASE WHEN w.tab IS NOT NULL THEN format('make %s.%s a bigint', w.tab, w.attname) END AS fix,
       (SELECT coalesce(bool_and(is_permitted), true) FROM keys) AS is_permitted
  FROM (SELECT) AS one
  LEFT JOIN worst w ON true
