-- What was uploaded: which file became which object of a store, and which smaller pictures were made of it.
-- source_path is the file's name as it was given, by which an app finds the object. Where the same bytes stand under
-- several names, each has a row. recipe says how variants were made; '-' where none can be made of such a file.
CREATE TABLE nightshift.media_objects (
    store         text NOT NULL,
    source_path   text COLLATE "C" NOT NULL,
    source_sha256 text NOT NULL,
    source_bytes  bigint NOT NULL,
    original      text NOT NULL CHECK (original IN ('public', 'private', 'none')),
    object_key    text,
    sha256        text NOT NULL,
    mime_type     text NOT NULL,
    bytes         bigint NOT NULL,
    width         integer,
    height        integer,
    frames        integer,
    recipe        text NOT NULL,
    variants      jsonb NOT NULL,
    stored_at     timestamptz NOT NULL,
    run_id        text NOT NULL,
    deleted_at    timestamptz,
    PRIMARY KEY (store, source_path),
    CHECK ((object_key IS NULL) = (original = 'none'))
);
CREATE INDEX media_objects_content ON nightshift.media_objects (store, source_sha256);
CREATE INDEX media_objects_published ON nightshift.media_objects (store, sha256);  -- it is in every key
COMMENT ON COLUMN nightshift.media_objects.store IS 'folder:/srv/media, s3:bucket';
COMMENT ON COLUMN nightshift.media_objects.sha256 IS 'of what is published; it is in the keys of the variants, too';
COMMENT ON COLUMN nightshift.media_objects.variants IS 'name, key, sha256, bytes, width, height: smallest first';
COMMENT ON COLUMN nightshift.media_objects.deleted_at IS 'its objects are gone from the store';
