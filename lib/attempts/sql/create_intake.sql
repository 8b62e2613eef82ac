-- What an intake works with; gone with the transaction. A user_id has the type of the table that it is
-- joined with, and so can use that table's index.
-- cells: days of learners; what of them is counted here is new, unless is_counted says that there is
-- more to the day than that.
CREATE TEMPORARY TABLE looked_at ON COMMIT DROP AS
SELECT id, timezone AS named, false AS is_rewritten, study_streak, last_activity_date
  FROM public.users
  WITH NO DATA;
CREATE TEMPORARY TABLE moved (user_id nightshift.user_id, since timestamptz) ON COMMIT DROP;
CREATE TEMPORARY TABLE cells ON COMMIT DROP AS
SELECT a.user_id, d.day, d.attempts, d.correct, d.first_at, d.last_at, false AS is_counted
  FROM public.attempts a, nightshift.active_days d
  WITH NO DATA
