-- Copies the names of time zones. It takes 0.1 s, as pg_timezone_names reads a file for each.
-- A name that is an abbreviation too (CET, EET, MET, WET) would be read as one, without daylight
-- saving; its posix/ twin is the zone, where the machine has it. Some files there are no place's.
-- Safe to repeat.
INSERT INTO nightshift.zones (key, zone)
SELECT lower(n.name), min(coalesce(twin.name, n.name))
  FROM pg_timezone_names n
  LEFT JOIN pg_timezone_abbrevs a
    ON upper(a.abbrev) = upper(n.name) AND upper(n.name) NOT IN ('UTC', 'GMT', 'UCT', 'ZULU')
  LEFT JOIN pg_timezone_names twin ON a.abbrev IS NOT NULL AND twin.name = 'posix/' || n.name
 WHERE n.name NOT IN ('Factory', 'localtime', 'posixrules')
 GROUP BY lower(n.name)
    ON CONFLICT (key) DO UPDATE SET zone = excluded.zone WHERE zones.zone <> excluded.zone
