-- Of notifications of a streak at risk those that need not be said any more: their learners have learned since.
-- Parameters: $1 notifications (a JSON array of numbers), $2 what holds now (JSON: now). Result: number.
-- Index: primary key, attempts (user_id, attempted_at). Reads only.
WITH n AS MATERIALIZED (  -- of others the occasion may be no day
    SELECT *, (ROW(user_id)::nightshift.app_user).id AS app_id
      FROM nightshift.notifications
     WHERE notification_id = ANY (ARRAY(SELECT jsonb_array_elements_text($1::jsonb)::bigint)))
SELECT n.notification_id AS number
  FROM (SELECT ($2::jsonb ->> 'now')::timestamptz AS now) AS p
 CROSS JOIN n
 WHERE EXISTS (SELECT
                 FROM public.attempts a
                WHERE a.user_id = n.app_id AND a.skipped IS NOT TRUE AND a.attempted_at <= p.now
                  AND a.attempted_at > (n.occasion::date - 1)::timestamp AT TIME ZONE n.zone
                  AND (a.attempted_at AT TIME ZONE n.zone)::date >= n.occasion::date)
