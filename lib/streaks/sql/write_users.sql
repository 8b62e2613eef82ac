-- Writes streaks and last activities that have changed. A row that the app has locked, or has given
-- another zone meanwhile, is left for later: nobody waits, and nothing of the app's is lost.
-- Result: how many were left. Index: users' primary key. Safe to repeat.
WITH free AS MATERIALIZED (
    SELECT u.tableoid AS part, u.ctid AS place, v.user_id, v.streak, v.last_at
      FROM verdicts v
      JOIN public.users u ON u.id = v.id
     WHERE v.is_new AND u.timezone IS NOT DISTINCT FROM v.named
       FOR NO KEY UPDATE OF u SKIP LOCKED),
     written AS (
    UPDATE public.users u
       SET study_streak = f.streak, last_activity_date = coalesce(f.last_at, u.last_activity_date)
      FROM free f
     WHERE u.ctid = f.place AND u.tableoid = f.part
    RETURNING f.user_id),
     remaining AS (
    DELETE FROM verdicts v
     WHERE v.is_new AND NOT EXISTS (SELECT FROM written w WHERE w.user_id = v.user_id)
    RETURNING v.user_id)
SELECT count(*) AS locked FROM remaining
