-- Which kinds may be said by now, and not too late yet, in which zone, at which hour.
-- Reads plan, plan_kinds and slots. Fills windows.
INSERT INTO windows (kind, zone, hour, day, slot_at, previous_at)
SELECT k.kind, s.zone, s.hour, s.day, s.slot_at, s.previous_at
  FROM plan p
 CROSS JOIN plan_kinds k
  JOIN slots s ON k.is_chosen OR s.hour = k.hour
 WHERE s.slot_at + k.lasts > p.as_of AND s.slot_at >= p.installed_at
