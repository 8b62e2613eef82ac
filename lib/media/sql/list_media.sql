-- Files of a store, by their names.
-- Parameters: $1 store, $2 how names begin ('': all), $3 the name after which to go on, $4 most, $5 one name alone or
-- NULL. Index: primary key. Reads only.
SELECT m.source_path, m.source_sha256, m.source_bytes, m.original, coalesce(m.object_key, '') AS object_key, m.sha256,
       m.mime_type, m.bytes, coalesce(m.width, 0) AS width, coalesce(m.height, 0) AS height,
       coalesce(m.frames, 0) AS frames, m.recipe, m.variants
  FROM nightshift.media_objects m
 WHERE m.store = $1::text AND m.deleted_at IS NULL AND m.source_path >= $2::text
   AND starts_with(m.source_path, $2::text) AND m.source_path > $3::text
   AND ($5::text IS NULL OR m.source_path = $5::text)
 ORDER BY m.source_path
 LIMIT $4::bigint
