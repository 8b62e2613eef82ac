-- The week that a close is for, and when it closes: on its Sunday at 23:00.
-- Parameters: $1 the week (2026-W47) or NULL, $2 an instant in it or NULL, $3 zone. Of neither: the latest
-- week that has closed, or will within a minute, as cron can be early.
-- Result: one row; week, began and closes (Unix microseconds), and now.
-- The database's clock decides what has closed. Reads only.
SELECT to_char(monday, 'IYYY-"W"IW') AS week,
       (extract(epoch FROM monday AT TIME ZONE $3::text) * 1000000)::bigint AS began,
       (extract(epoch FROM (monday + interval '6 days 23 hours') AT TIME ZONE $3::text)
           * 1000000)::bigint AS closes,
       (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now
  FROM (SELECT coalesce(
                   to_date($1::text, 'IYYY-"W"IW')::timestamp,
                   date_trunc('week', $2::timestamptz AT TIME ZONE $3::text),
                   date_trunc('week', (clock_timestamp() + interval '60 seconds') AT TIME ZONE $3::text
                                          - interval '6 days 23 hours')) AS monday) AS week
