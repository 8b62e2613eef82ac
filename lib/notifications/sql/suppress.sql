-- Who must not be written to there any more, and which addresses do not work.
-- Parameters: $1 JSON: channel, address, reason, evidence; $2 when. Index: primary key. Safe to repeat.
INSERT INTO nightshift.suppressions (channel, address, reason, evidence, since)
SELECT DISTINCT ON (channel, lower(address)) channel, lower(address), reason, evidence, $2::timestamptz
  FROM jsonb_to_recordset($1::jsonb) AS r (channel text, address text, reason text, evidence text)
    ON CONFLICT (channel, address) DO NOTHING
