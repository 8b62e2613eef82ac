-- A file's row becomes a tombstone; its objects are to be deleted where no other file has them.
-- Parameters: $1 store, $2 path, $3 now. Result: a row where there was such a file, with whether another file has the
-- same content. Index: primary key, media_objects_published. Safe to repeat.
WITH gone AS (
    UPDATE nightshift.media_objects
       SET deleted_at = $3::timestamptz
     WHERE store = $1::text AND source_path = $2::text AND deleted_at IS NULL
    RETURNING store, source_path, sha256)
SELECT EXISTS (SELECT
                 FROM nightshift.media_objects m
                WHERE m.store = g.store AND m.sha256 = g.sha256 AND m.source_path <> g.source_path
                  AND m.deleted_at IS NULL) AS is_shared
  FROM gone g
