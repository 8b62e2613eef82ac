-- Where an import inserts: public.attempts, through a view of this session that can have defaults of
-- its own. Repeatable within the session.
CREATE OR REPLACE TEMPORARY VIEW attempts_target AS
SELECT * FROM public.attempts
