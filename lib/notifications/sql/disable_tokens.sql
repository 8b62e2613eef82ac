-- Devices that a provider no longer knows, with its word for it.
-- Parameters: $1 JSON: address, evidence; $2 when. Index: device_tokens (token). Safe to repeat.
UPDATE public.device_tokens t
   SET disabled_at = $2::timestamptz, disabled_reason = r.evidence
  FROM jsonb_to_recordset($1::jsonb) AS r (address text, evidence text)
 WHERE t.token = r.address AND t.disabled_at IS NULL
