-- Tables of an app that stand already where the first migration would create them.
-- Result: their names, joined with ", "; NULL where there are none. Reads only.
SELECT string_agg('public.' || name, ', ' ORDER BY name) AS found
  FROM unnest(ARRAY['users', 'questions', 'attempts']) AS name
 WHERE to_regclass('public.' || name) IS NOT NULL
