-- Forgets users who were judged, and who are gone; and that this transaction wrote to users.
-- Index: primary keys. Safe to repeat.
WITH judged AS (
    DELETE FROM nightshift.touched_users t
     USING batch b
     WHERE t.user_id = b.user_id
       AND (EXISTS (SELECT FROM verdicts v WHERE v.user_id = b.user_id)
            OR NOT EXISTS (SELECT FROM public.users u WHERE u.id = b.user_id)))
UPDATE nightshift.arrivals
   SET own_xids = own_xids || pg_current_xact_id()
 WHERE EXISTS (SELECT FROM verdicts WHERE is_new)
