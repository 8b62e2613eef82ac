-- Which sequence of an integer key is the furthest used up: past its end nothing can be inserted.
-- Result: one row; value (%), said, fix, is_permitted (to read every sequence). Reads only.
WITH worst AS (SELECT * FROM nightshift.integer_keys WHERE last IS NOT NULL ORDER BY last / most DESC LIMIT 1)
SELECT coalesce(round(100 * w.last / w.most, 1), 0)::float8 AS value,
       CASE WHEN w.name IS NULL THEN 'none is in use' ELSE format('%s is at %s of %s', w.name, w.last, w.most) END
       AS said,
       CASE WHEN w.name IS NOT NULL THEN format('make %s a bigint', w.name) END AS fix,
       (SELECT coalesce(bool_and(is_permitted), true) FROM nightshift.integer_keys) AS is_permitted
  FROM (SELECT) AS one
  LEFT JOIN worst w ON true
