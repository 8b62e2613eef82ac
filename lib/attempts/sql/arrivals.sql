-- Up to where attempts were taken in.
-- Result: as_of, first_as_of and now (Unix microseconds), and whether the snapshot is of another cluster:
--         a dump that was restored, whose transaction numbers mean nothing here; no row before the first pass.
-- Uses the database's clock for now alone. Reads only.
SELECT (extract(epoch FROM as_of) * 1000000)::bigint AS as_of,
       (extract(epoch FROM first_as_of) * 1000000)::bigint AS first_as_of,
       system_identifier <> (SELECT system_identifier FROM pg_control_system())
       OR pg_snapshot_xmax(snapshot) > pg_snapshot_xmax(pg_current_snapshot()) AS is_foreign
  FROM nightshift.arrivals
