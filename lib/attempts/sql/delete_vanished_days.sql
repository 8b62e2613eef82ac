-- After a count of everything: the days that are no more.
-- Index: none, both as a whole. Safe to repeat.
DELETE FROM nightshift.active_days d
 WHERE NOT EXISTS (SELECT FROM cells c WHERE c.user_id = d.user_id AND c.day = d.day)
