-- Notes files whose objects are in a store; what stood there of a file of that name is replaced.
-- Parameters: $1 JSON: a row each, with the table's columns but for those that follow; $2 store, $3 what became of
-- originals, $4 now, $5 run id. Index: primary key. Safe to repeat.
INSERT INTO nightshift.media_objects (store, source_path, source_sha256, source_bytes, original, object_key, sha256,
                                      mime_type, bytes, width, height, frames, recipe, variants, stored_at, run_id)
SELECT $2::text, r.source_path, r.source_sha256, r.source_bytes, $3::text, r.object_key, r.sha256, r.mime_type, r.bytes,
       r.width, r.height, r.frames, r.recipe, r.variants, $4::timestamptz, $5::text
  FROM jsonb_to_recordset($1::jsonb) AS r (source_path text, source_sha256 text, source_bytes bigint, object_key text,
                                           sha256 text, mime_type text, bytes bigint, width integer, height integer,
                                           frames integer, recipe text, variants jsonb)
    ON CONFLICT (store, source_path) DO UPDATE
   SET source_sha256 = excluded.source_sha256, source_bytes = excluded.source_bytes, original = excluded.original,
       object_key = excluded.object_key, sha256 = excluded.sha256, mime_type = excluded.mime_type,
       bytes = excluded.bytes, width = excluded.width, height = excluded.height, frames = excluded.frames,
       recipe = excluded.recipe, variants = excluded.variants, stored_at = excluded.stored_at,
       run_id = excluded.run_id, deleted_at = NULL
