-- Copies the names of time zones. It takes 0.1 s, as pg_timezone_names reads a file for each.
-- Four names are abbreviations too, and would be read as such, without daylight saving: they stand for what
-- tzdata makes of them since 2024b. Some files there are no place's.
-- Safe to repeat.
INSERT INTO nightshift.zones (key, zone)
SELECT lower(name), min(name)
  FROM pg_timezone_names
 WHERE name NOT IN ('CET', 'EET', 'MET', 'WET', 'Factory', 'localtime', 'posixrules')
 GROUP BY 1
 UNION ALL
VALUES ('cet', 'Europe/Brussels'), ('eet', 'Europe/Athens'), ('met', 'Europe/Brussels'), ('wet', 'Europe/Lisbon')
    ON CONFLICT (key) DO UPDATE SET zone = excluded.zone WHERE zones.zone <> excluded.zone
