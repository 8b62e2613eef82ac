-- The standby that is longest behind; on a standby, how long it is itself. One that has replayed all there is, is not
-- behind, however long nothing was written. A primary learns the time from what a standby replays: of one that replays
-- nothing more it knows the bytes alone (standby_bytes).
-- Result: one row; value (s), said, fix, is_permitted. By the database's clock. Reads only.
WITH behind AS (
    SELECT coalesce(nullif(r.application_name, ''), 'a standby') AS name,
           pg_wal_lsn_diff(pg_current_wal_lsn(), r.replay_lsn)::bigint AS bytes,
           extract(epoch FROM r.replay_lag)::float8 AS seconds, false AS is_paused
      FROM pg_stat_replication r
     WHERE NOT pg_is_in_recovery()
    UNION ALL
    SELECT 'this standby', pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::bigint,
           extract(epoch FROM clock_timestamp()
                              - coalesce(pg_last_xact_replay_timestamp(), pg_postmaster_start_time()))::float8,
           pg_is_wal_replay_paused()
     WHERE pg_is_in_recovery()),
     worst AS (
    SELECT name, bytes, is_paused, CASE WHEN bytes > 0 THEN coalesce(seconds, 0) ELSE 0 END AS seconds
      FROM behind
     ORDER BY 4 DESC, 2 DESC
     LIMIT 1)
SELECT coalesce(w.seconds, 0) AS value,
       CASE WHEN w.name IS NULL THEN 'no standby is connected'
            ELSE format('%s is %s and %s s behind%s', w.name, pg_size_pretty(w.bytes), round(w.seconds::numeric, 1),
                        CASE WHEN w.is_paused THEN ', and its replay is paused' ELSE '' END) END AS said,
       CASE WHEN w.is_paused THEN 'SELECT pg_wal_replay_resume() there' END AS fix,
       pg_is_in_recovery() OR pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS is_permitted
  FROM (SELECT) AS one
  LEFT JOIN worst w ON true
