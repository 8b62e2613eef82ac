-- What a pass saw is told so far as notifications of it are on their way.
-- Parameters: $1 notifications (a JSON array of numbers), $2 now. Index: primary keys. Safe to repeat.
UPDATE nightshift.streak_events e
   SET told_at = $2::timestamptz
  FROM jsonb_array_elements_text($1::jsonb) AS each
  JOIN nightshift.notifications n ON n.notification_id = each::bigint
 WHERE e.user_id = n.user_id AND e.day = split_part(n.occasion, '/', 1)::date AND e.told_at IS NULL
   AND e.kind = CASE n.kind WHEN 'milestone' THEN 'milestone' ELSE 'broken' END
