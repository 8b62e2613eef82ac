-- Whether an index stands that nobody can use: what a build leaves that did not end.
-- Parameters: $1 schema.index. Result: one boolean. Reads only.
SELECT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass($1::text) AND NOT indisvalid)
       AS invalid
