-- What a review asks for, of the one user of the plan. Result: facts. Reads the plan's tables.
SELECT count(r.user_id) || ' items are due; at least ' || p.min_due || ' are needed' AS facts
  FROM plan p
  LEFT JOIN public.review_items r ON r.user_id = p.only_user AND r.due_at <= p.as_of
 GROUP BY p.min_due
