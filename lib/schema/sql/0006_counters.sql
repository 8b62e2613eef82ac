-- What cannot be measured afterwards, noted once a (UTC) day: counters of the server, how far keys are used up.
-- system_identifier: of the cluster, as a dump takes these rows into another one, whose counters are not these.
CREATE TABLE nightshift.counters (
    name              text COLLATE "C" NOT NULL,
    day               date NOT NULL,
    noted_at          timestamptz NOT NULL,
    value             numeric NOT NULL,
    system_identifier bigint NOT NULL,
    PRIMARY KEY (name, day)
);
COMMENT ON COLUMN nightshift.counters.name IS 'transaction ids, multixacts, key public.users.id';

-- Of each sequence that counts up to its end how far it is used up, and where its key ends. last is NULL where it was
-- never used, or where the role may not see it (is_permitted).
CREATE VIEW nightshift.integer_keys AS
SELECT format('%I.%I.%I', n.nspname, t.relname, a.attname) AS name, p.is_permitted,
       CASE WHEN p.is_permitted THEN pg_sequence_last_value(s.seqrelid)::numeric END AS last,
       least(s.seqmax, CASE a.atttypid WHEN 'int2'::regtype THEN 32767 WHEN 'int4'::regtype THEN 2147483647
                                       ELSE 9223372036854775807 END)::numeric AS most
  FROM pg_sequence s
 CROSS JOIN LATERAL (SELECT has_sequence_privilege(s.seqrelid, 'USAGE,SELECT') AS is_permitted) AS p
  JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid
                  AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
  JOIN pg_class t ON t.oid = d.refobjid
  JOIN pg_namespace n ON n.oid = t.relnamespace
  JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
 WHERE n.nspname IN ('public', 'nightshift') AND s.seqincrement > 0 AND s.seqmax > 0 AND NOT s.seqcycle;
