-- Whether the ledger stands. Result: one boolean. Reads only.
SELECT to_regclass('nightshift.migrations') IS NOT NULL AS found
