-- How much WAL the standby that is furthest behind has not replayed; on a standby, of what it has received.
-- Result: one row; value (B), said, is_permitted. Reads only.
WITH behind AS (
    SELECT coalesce(nullif(r.application_name, ''), 'a standby') AS name,
           pg_wal_lsn_diff(pg_current_wal_lsn(), r.replay_lsn)::bigint AS bytes
      FROM pg_stat_replication r
     WHERE NOT pg_is_in_recovery()
    UNION ALL
    SELECT 'this standby', pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::bigint
     WHERE pg_is_in_recovery()),
     worst AS (SELECT name, bytes FROM behind ORDER BY bytes DESC NULLS LAST LIMIT 1)
SELECT coalesce(w.bytes, 0)::float8 AS value,
       CASE WHEN w.name IS NULL THEN 'no standby is connected'
            ELSE format('%s is %s behind', w.name, pg_size_pretty(w.bytes)) END AS said,
       pg_is_in_recovery() OR pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS is_permitted
  FROM (SELECT) AS one
  LEFT JOIN worst w ON true
