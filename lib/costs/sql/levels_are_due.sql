-- Whether today's levels are to be noted (nobody has within the hour), and those of media (nobody has today). By the
-- database's clock. Result: is_due, is_media_due. Index: quantities' primary key. Reads only.
WITH today AS (
    SELECT service, item, noted_at FROM nightshift.quantities
     WHERE day = (clock_timestamp() AT TIME ZONE 'UTC')::date AND noted_at IS NOT NULL)
SELECT NOT EXISTS (SELECT FROM today
                    WHERE service = 'postgresql' AND noted_at > clock_timestamp() - interval '1 hour') AS is_due,
       NOT EXISTS (SELECT FROM today WHERE item = 'objects') AS is_media_due
