-- What providers have taken of messages in a time: each call that was accepted or may have been, by what they bill. One
-- statement for each way to part them, as a key that is the same for all costs as much as another one; OR costs less
-- than IN.
-- Parameters: $1 from, $2 to, exclusive; $3 currency.
-- Result: provider, item (sms/KE, email), quantity, messages that were accepted, saved by those that stood for SMS, in
-- the currency; day and kind are null. Index: attempts_ended. Reads only.
SELECT a.provider, a.item, NULL::date AS day, NULL::text AS kind, sum(coalesce(a.units, 1)) AS quantity,
       count(*) FILTER (WHERE a.class = 'accepted') AS messages,
       trim_scale(coalesce(sum(a.saved) FILTER (WHERE a.currency = $3::text), 0)) AS saved
  FROM nightshift.notification_attempts a
 WHERE a.ended_at >= $1::timestamptz AND a.ended_at < $2::timestamptz
   AND (a.class = 'accepted' OR a.class = 'unknown') AND a.item IS NOT NULL
 GROUP BY a.provider, a.item
 ORDER BY a.provider, a.item
