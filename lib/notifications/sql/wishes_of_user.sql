-- What a user wants, as their preferences stand: reminders/sms off; all/all on quiet 22:00:00 to 07:00:00 hour 18.
-- Parameters: $1 user. Result: one row. Index: notification_preferences (user_id). Reads only.
SELECT coalesce(string_agg(concat_ws(' ', category || '/' || channel,
                                     CASE WHEN enabled IS FALSE THEN 'off' ELSE 'on' END,
                                     'quiet ' || quiet_from || ' to ' || quiet_until, 'hour ' || preferred_hour),
                           '; ' ORDER BY category, channel), '') AS wishes
  FROM public.notification_preferences
 WHERE user_id = $1::text::nightshift.user_id
