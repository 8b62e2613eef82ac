-- Which files are in a store already, by what is in them: under their own name, else under another.
-- Parameters: $1 store, $2 paths and $3 their SHA-256 (arrays, side by side), $4 what becomes of originals, $5 the
-- recipe of variants that are wanted, or '' where none are.
-- Result: place (from 1) of each that is there, and its row; is_own: under this very name.
-- Index: media_objects_content. Reads only.
SELECT w.place, m.source_path = w.path AS is_own, m.source_bytes, coalesce(m.object_key, '') AS object_key, m.sha256,
       m.mime_type, m.bytes, coalesce(m.width, 0) AS width, coalesce(m.height, 0) AS height,
       coalesce(m.frames, 0) AS frames, m.recipe, m.variants
  FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS w (path, sha256, place)
 CROSS JOIN LATERAL (SELECT *
                       FROM nightshift.media_objects m
                      WHERE m.store = $1::text AND m.source_sha256 = w.sha256 AND m.deleted_at IS NULL
                        AND m.original = $4::text AND ($5::text IN ('', m.recipe) OR m.recipe = '-')
                      ORDER BY m.source_path = w.path DESC, m.stored_at DESC
                      LIMIT 1) AS m
