-- Which of these keys of a store belong to a file of the index.
-- Parameters: $1 store, $2 keys (an array). Index: media_objects_published: a key has the SHA-256 in it. Reads only.
SELECT k.key
  FROM unnest($2::text[]) AS k (key)
 WHERE EXISTS (SELECT
                 FROM nightshift.media_objects m
                WHERE m.store = $1::text AND m.deleted_at IS NULL
                  AND m.sha256 = substring(k.key FROM '([0-9a-f]{64})[^/]*$')
                  AND (m.object_key = k.key
                       OR EXISTS (SELECT FROM jsonb_array_elements(m.variants) AS v WHERE v ->> 'key' = k.key)))
