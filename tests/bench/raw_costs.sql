-- What a month's messages are by provider and item, with nothing besides.
SELECT provider, item, sum(units), count(*)
  FROM nightshift.notification_attempts
 WHERE ended_at >= '2026-10-01T00:00:00Z' AND ended_at < '2026-11-01T00:00:00Z' AND class IN ('accepted', 'unknown')
 GROUP BY 1, 2
 ORDER BY 1, 2;
