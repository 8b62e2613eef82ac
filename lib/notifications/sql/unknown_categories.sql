-- Categories that learners have preferences for and that are none of ours: where they are switched off, all are.
-- Parameters: $1 ours (a JSON array). Result: category, preferences. Reads notification_preferences whole.
SELECT category, count(*) AS preferences
  FROM public.notification_preferences
 WHERE category <> ALL (ARRAY(SELECT jsonb_array_elements_text($1::jsonb)))
 GROUP BY 1
 ORDER BY 2 DESC, 1
 LIMIT 5
