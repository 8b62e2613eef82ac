-- From here on an attempt is new when this transaction's snapshot does not see it.
-- Parameters: $1 as-of, $2 whether everything was taken in, $3 the default zone. Safe to repeat.
INSERT INTO nightshift.arrivals AS a
       (snapshot, system_identifier, as_of, first_as_of, default_zone, own_xids, users_deleted)
SELECT pg_current_snapshot(), system_identifier, $1::timestamptz, $1::timestamptz, $3::text, '{}',
       nightshift.users_deleted()
  FROM pg_control_system()
    ON CONFLICT (only_row) DO UPDATE
   SET snapshot = excluded.snapshot, system_identifier = excluded.system_identifier,
       as_of = excluded.as_of, default_zone = excluded.default_zone, users_deleted = excluded.users_deleted,
       own_xids = ARRAY(SELECT own
                          FROM unnest(a.own_xids) AS own
                         WHERE own >= pg_snapshot_xmin(excluded.snapshot) AND NOT $2::boolean)
