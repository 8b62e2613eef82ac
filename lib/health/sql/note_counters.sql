-- Notes the counters that health tells days by, where today's (UTC) are not there; what is older than 60 days goes.
-- By the database's clock. A second one of the same day changes nothing.
WITH now AS (
    SELECT clock_timestamp() AS at, (clock_timestamp() AT TIME ZONE 'UTC')::date AS day
     WHERE NOT EXISTS (SELECT FROM nightshift.counters
                        WHERE name = 'transaction ids' AND day = (clock_timestamp() AT TIME ZONE 'UTC')::date
                          AND system_identifier = (SELECT system_identifier FROM pg_control_system()))),
     old AS (DELETE FROM nightshift.counters USING now n WHERE counters.day < n.day - 60),
     measured AS (
    SELECT 'transaction ids' AS name, pg_snapshot_xmax(pg_current_snapshot())::text::numeric AS value
    UNION ALL
    SELECT 'multixacts', (mxid_age('1')::bigint + 1) & 4294967295
    UNION ALL
    SELECT 'key ' || name, last FROM nightshift.integer_keys WHERE last IS NOT NULL)
INSERT INTO nightshift.counters (name, day, noted_at, value, system_identifier)
SELECT m.name, n.day, n.at, m.value, (SELECT system_identifier FROM pg_control_system())
  FROM now n
 CROSS JOIN measured m
ON CONFLICT (name, day) DO UPDATE
   SET noted_at = excluded.noted_at, value = excluded.value, system_identifier = excluded.system_identifier
 WHERE counters.system_identifier <> excluded.system_identifier
