-- What a pass saw is told so far as notifications of it are on their way.
-- Parameters: $1 notifications (a JSON array of numbers), $2 now. Index: primary keys. Safe to repeat.
WITH n AS MATERIALIZED (  -- of others the occasion may be no day
    SELECT *
      FROM nightshift.notifications
     WHERE notification_id = ANY (ARRAY(SELECT jsonb_array_elements_text($1::jsonb)::bigint)))
UPDATE nightshift.streak_events e
   SET told_at = $2::timestamptz
  FROM n
 WHERE e.user_id = n.user_id AND e.day = split_part(n.occasion, '/', 1)::date AND e.told_at IS NULL
   AND e.kind = CASE n.kind WHEN 'milestone' THEN 'milestone' ELSE 'broken' END
