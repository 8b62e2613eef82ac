-- The replication slot that keeps the most WAL: one that nobody reads fills the disk.
-- Result: one row; value (B), said, fix. Reads only.
WITH worst AS (
    SELECT s.slot_name, s.active, s.wal_status,
           pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END,
                           s.restart_lsn)::float8 AS bytes
      FROM pg_replication_slots s
     WHERE s.restart_lsn IS NOT NULL
     ORDER BY 4 DESC NULLS LAST
     LIMIT 1)
SELECT coalesce(w.bytes, 0) AS value,
       CASE WHEN w.slot_name IS NULL THEN 'there is none'
            ELSE format('%s keeps %s, is %s, and its WAL is %s', w.slot_name, pg_size_pretty(w.bytes::bigint),
                        CASE WHEN w.active THEN 'read' ELSE 'read by nobody' END, w.wal_status) END AS said,
       CASE WHEN w.slot_name IS NOT NULL AND NOT w.active
            THEN format('start its reader, or SELECT pg_drop_replication_slot(%L)', w.slot_name) END AS fix
  FROM (SELECT) AS one
  LEFT JOIN worst w ON true
