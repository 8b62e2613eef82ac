-- A batch of users, what is found of their streaks, and whose row was written; gone with the transaction.
CREATE TEMPORARY TABLE batch (user_id nightshift.user_id, silent boolean, since date) ON COMMIT DROP;
CREATE TEMPORARY TABLE verdicts ON COMMIT DROP AS
SELECT u.id, t.user_id, t.silent, z.zone, u.timezone AS named, d.day AS today, d.day AS began,
       d.day AS last_day, d.day AS next_day, d.day AS ended, d.last_at, 0 AS length, 0 AS streak, 0 AS before,
       d.last_at AS before_at, false AS is_new
  FROM public.users u, nightshift.touched_users t, nightshift.user_zones z, nightshift.active_days d
  WITH NO DATA
