-- Devices that stand in several rows, of one user or of several: the latest row counts, as a device has one user.
-- Index: device_tokens (token); where that is unique there are none. Fills shared_devices.
INSERT INTO shared_devices (token, owner)
SELECT t.token, (array_agg(t.ctid ORDER BY coalesce(t.last_seen_at, t.registered_at) DESC NULLS LAST, t.ctid DESC))[1]
  FROM public.device_tokens t
  JOIN (SELECT token FROM public.device_tokens GROUP BY token HAVING count(*) > 1) AS several USING (token)
 WHERE t.disabled_at IS NULL
   AND NOT EXISTS (SELECT
                     FROM pg_index i
                     JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attname = 'token'
                    WHERE i.indrelid = to_regclass('public.device_tokens') AND i.indisunique AND i.indisvalid
                      AND i.indpred IS NULL AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum)
 GROUP BY t.token
