-- The outbox: what is to be said to learners, on which channel and to which address, what came of it and
-- what it cost.

-- A user's id as the app's tables have it, with their collation: by ours none of their indexes of text is of use.
DO $$
BEGIN
    EXECUTE (SELECT format('CREATE TYPE nightshift.app_user AS (id %s)', format_type(typbasetype, typtypmod))
               FROM pg_type
              WHERE oid = 'nightshift.user_id'::regtype);
END
$$;

-- The first instant that a clock in the zone shows this local time, or a later one: a time in the gap of
-- spring is the gap's end. Of a time that autumn repeats it is the later instant.
CREATE FUNCTION nightshift.instant_of(wanted timestamp, zone text) RETURNS timestamptz
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN (wanted AT TIME ZONE zone) AT TIME ZONE zone <= wanted
                THEN wanted AT TIME ZONE zone
                ELSE (SELECT min(each)
                        FROM generate_series(wanted AT TIME ZONE zone - interval '25 hours',
                                             wanted AT TIME ZONE zone, '15 minutes') AS each
                       WHERE each AT TIME ZONE zone >= wanted)
           END
$$;

-- Whether a clock shows a quiet hour. They may pass midnight; where both times are the same there are none.
CREATE FUNCTION nightshift.is_quiet(clock time, quiet_from time, quiet_until time) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN quiet_from <= quiet_until THEN clock >= quiet_from AND clock < quiet_until
                ELSE clock >= quiet_from OR clock < quiet_until END
$$;
-- When the quiet hours end that an instant lies in.
CREATE FUNCTION nightshift.quiet_end(at timestamptz, zone text, quiet_until time) RETURNS timestamptz
LANGUAGE sql STABLE AS $$
    SELECT nightshift.instant_of((at AT TIME ZONE zone)::date + quiet_until
                                 + CASE WHEN (at AT TIME ZONE zone)::time < quiet_until THEN interval '0'
                                        ELSE interval '1 day' END, zone)
$$;

-- Which channel a wish is about that is switched off: what is none of ours counts for all.
CREATE FUNCTION nightshift.silenced_channel(channel text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN lower(channel) IN ('push', 'sms', 'email') THEN lower(channel) ELSE 'all' END
$$;
-- Whether it looks like a number in E.164, or an address of e-mail, in ASCII, as far as we have to know.
CREATE FUNCTION nightshift.is_phone(number text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(number ~ '^\+[1-9][0-9]{6,14}$', false)
$$;
CREATE FUNCTION nightshift.is_email(address text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(address ~ '^[!#-+./0-9:=?A-Z^-~-]+@[A-Za-z0-9._-]+\.[A-Za-z0-9-]+$' AND length(address) <= 254,
                    false)
$$;
-- Whether an address may be written to; allowed: addresses, @domains and user:ID, in lower case; NULL: everybody.
CREATE FUNCTION nightshift.is_allowed(allowed text[], address text, user_id text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT allowed IS NULL
           OR ARRAY[lower(address), '@' || split_part(lower(address), '@', 2), 'user:' || lower(user_id)] && allowed
$$;

-- What is to be said, once: occasion is the local day, 2026-W47, 2026-10, or what happened and when.
CREATE TABLE nightshift.notifications (
    notification_id  bigint PRIMARY KEY,
    user_id          nightshift.user_id NOT NULL,
    kind             text NOT NULL,
    occasion         text NOT NULL,
    zone             text NOT NULL,
    locale           text NOT NULL,
    template_version text NOT NULL,
    variables        jsonb NOT NULL,
    slot_at          timestamptz NOT NULL,
    planned_at       timestamptz NOT NULL,
    run_id           text NOT NULL,
    UNIQUE (user_id, kind, occasion)
);
CREATE SEQUENCE nightshift.notification_ids MINVALUE 0 OWNED BY nightshift.notifications.notification_id;
CREATE INDEX notifications_planned ON nightshift.notifications USING brin (planned_at);  -- as they are numbered
COMMENT ON COLUMN nightshift.notifications.slot_at IS 'when it fell due';
COMMENT ON COLUMN nightshift.notifications.locale IS 'of the template that was chosen';

-- One row per channel and address. No foreign keys, as everywhere: both rows are written, and deleted,
-- in one transaction. kind and user_id stand here too, so that who takes the next needs to look at nothing
-- else.
CREATE TABLE nightshift.notification_deliveries (
    notification_id bigint NOT NULL,
    ordinal         smallint NOT NULL,
    kind            text NOT NULL,
    user_id         nightshift.user_id NOT NULL,
    channel         text CHECK (channel IN ('push', 'sms', 'email')),
    address         text,
    priority        smallint NOT NULL,
    state           text NOT NULL CHECK (state IN ('pending', 'sending', 'accepted', 'unknown', 'rejected', 'dead',
                                                   'suppressed', 'failed', 'skipped')),
    reason          text,
    not_before      timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    attempts        smallint NOT NULL DEFAULT 0,
    retries         smallint NOT NULL DEFAULT 0,
    lease_token     text,
    lease_until     timestamptz,
    settled_at      timestamptz,
    PRIMARY KEY (notification_id, ordinal),
    CHECK ((state = 'sending') = (lease_token IS NOT NULL)),
    CHECK ((state IN ('pending', 'sending')) = (settled_at IS NULL)),
    CHECK (state <> 'skipped' OR reason IS NOT NULL)
);
CREATE INDEX deliveries_pending ON nightshift.notification_deliveries (channel, priority, not_before, notification_id,
                                                                         ordinal)
 WHERE state = 'pending';
CREATE INDEX deliveries_sending ON nightshift.notification_deliveries (lease_until) WHERE state = 'sending';
COMMENT ON COLUMN nightshift.notification_deliveries.state IS
    'sending: it is, or may be, on the wire; unknown: it was when its process died, or no answer came';
COMMENT ON COLUMN nightshift.notification_deliveries.reason IS 'why it was skipped: expired, over budget and so on';
COMMENT ON COLUMN nightshift.notification_deliveries.priority IS '1 is the most urgent';
COMMENT ON COLUMN nightshift.notification_deliveries.attempts IS 'calls; of these retries certainly reached nobody';
COMMENT ON COLUMN nightshift.notification_deliveries.lease_until IS 'by the database''s clock';

-- Each call to a provider.
CREATE TABLE nightshift.notification_attempts (
    notification_id bigint NOT NULL,
    ordinal         smallint NOT NULL,
    attempt         smallint NOT NULL,
    provider        text NOT NULL,
    class           text NOT NULL CHECK (class IN ('accepted', 'retry', 'unknown', 'reject', 'dead', 'suppressed',
                                                   'config')),
    code            text,
    why             text,
    provider_id     text,
    item            text,
    units           integer,
    cost            numeric,
    currency        text,
    ended_at        timestamptz NOT NULL,
    latency_ms      integer,
    run_id          text NOT NULL,
    PRIMARY KEY (notification_id, ordinal, attempt)
);
CREATE INDEX attempts_ended ON nightshift.notification_attempts USING brin (ended_at);
COMMENT ON COLUMN nightshift.notification_attempts.item IS 'what the provider bills: sms/KE, with units its segments';

-- Who must not be written to, and which addresses do not work.
CREATE TABLE nightshift.suppressions (
    channel  text NOT NULL,
    address  text NOT NULL,
    reason   text NOT NULL,
    evidence text NOT NULL,
    since    timestamptz NOT NULL,
    PRIMARY KEY (channel, address)
);

-- What was reserved and spent on a UTC day: never more than the budget.
CREATE TABLE nightshift.message_spending (
    day      date PRIMARY KEY,
    amount   numeric NOT NULL CHECK (amount >= 0),
    currency text NOT NULL
);

-- Of it what deliveries that are on their way have reserved.
CREATE TABLE nightshift.message_reservations (
    notification_id bigint NOT NULL,
    ordinal         smallint NOT NULL,
    day             date NOT NULL,
    provider        text NOT NULL,
    item            text NOT NULL,
    units           integer NOT NULL,
    cost            numeric NOT NULL,
    currency        text NOT NULL,
    PRIMARY KEY (notification_id, ordinal)
);

-- What waits for somebody's word: a kind, a provider, or everything.
CREATE TABLE nightshift.notification_pauses (
    what  text PRIMARY KEY,
    since timestamptz NOT NULL,
    by    text NOT NULL
);

-- Nothing that fell due before the installation is said; the first send was confirmed by somebody: tried_at to an
-- allow-list alone, confirmed_at to everybody.
CREATE TABLE nightshift.sending (
    only_row     boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    installed_at timestamptz NOT NULL,
    tried_at     timestamptz,
    confirmed_at timestamptz,
    confirmed_by text
);
INSERT INTO nightshift.sending (installed_at) VALUES (clock_timestamp());

-- Daily sums of what is not kept one by one.
CREATE TABLE nightshift.quantities (
    day      date NOT NULL,
    service  text NOT NULL,
    item     text NOT NULL,
    quantity numeric NOT NULL,
    cost     numeric NOT NULL,
    currency text NOT NULL,
    PRIMARY KEY (day, service, item, currency)
);
