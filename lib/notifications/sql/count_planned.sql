-- The plan, counted. Reads planned. Result: kind, channel, reason ('': to be sent), deliveries.
SELECT kind, coalesce(channel, '') AS channel, coalesce(reason, '') AS reason, deliveries
  FROM (SELECT kind, channel, reason, count(*) AS deliveries
          FROM planned
         GROUP BY 1, 2, 3) AS each
 ORDER BY 1, 2, 3
