-- Beside the days' sums of messages stand levels: what there was on a day. They cannot be measured afterwards.
ALTER TABLE nightshift.quantities ADD COLUMN noted_at timestamptz, ADD COLUMN messages bigint, ADD COLUMN saved numeric,
                                  ADD CHECK (quantity >= 0 AND quantity < 1e18),  -- nor NaN
                                  ADD CHECK (messages BETWEEN 0 AND 1e15);
ALTER TABLE nightshift.notification_attempts ADD COLUMN saved numeric;
COMMENT ON COLUMN nightshift.quantities.noted_at IS
    'of a level: when there was so much (bytes, objects, active users since the month began); null: a sum of the day';
COMMENT ON COLUMN nightshift.quantities.messages IS 'that were accepted; null: from before they were counted';
COMMENT ON COLUMN nightshift.notification_attempts.saved IS 'what an SMS in its place would have cost; null: nothing';
