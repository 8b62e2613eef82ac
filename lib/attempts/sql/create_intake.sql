-- What an intake works with; gone with the transaction. A user_id has the type of the table that it is
-- joined with, and so can use that table's index.
CREATE TEMPORARY TABLE looked_at ON COMMIT DROP AS
SELECT id, timezone AS named, false AS is_rewritten, study_streak, last_activity_date
  FROM public.users
  WITH NO DATA;
CREATE TEMPORARY TABLE moved (user_id nightshift.user_id, since timestamptz) ON COMMIT DROP;
CREATE TEMPORARY TABLE fresh ON COMMIT DROP AS
SELECT user_id, attempted_at, is_correct
  FROM public.attempts
  WITH NO DATA;
CREATE TEMPORARY TABLE spans ON COMMIT DROP AS
SELECT a.user_id, z.valid_from, z.valid_until, z.zone
  FROM public.attempts a, nightshift.user_zones z
  WITH NO DATA;
CREATE TEMPORARY TABLE cells ON COMMIT DROP AS
SELECT a.user_id, d.day, d.attempts, d.correct, d.first_at, d.last_at, false AS is_counted
  FROM public.attempts a, nightshift.active_days d
  WITH NO DATA
