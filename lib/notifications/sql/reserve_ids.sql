-- Numbers for so many notifications, in one piece: under the lock on the table nobody else takes any.
-- Parameters: $1 how many. Result: the number before the first.
SELECT setval('nightshift.notification_ids', last_value + $1::bigint) - $1::bigint AS base
  FROM nightshift.notification_ids
