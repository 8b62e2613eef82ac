-- What a plan is worked out in; gone with the transaction.
-- plan: what is asked for, one row. plan_kinds: a row a kind (kinds.cpp). plan_locales: each template that
-- there is. slots: the latest instant at which each zone's clocks showed each hour that a kind may have,
-- and the one a day before. candidates: what fell due, by each kind's own file, and why it is not to
-- be said after all. learners: candidates, with what their users want. tokens: their devices. planned: a row
-- per channel and address, and why nothing is to be sent there (NULL: it is); is_kept: the outbox is to know.
-- is_chosen, of a kind: learners have a say in its hour. plan_routes: channels by priority.
CREATE TEMPORARY TABLE plan (
    as_of        timestamptz NOT NULL,
    default_zone text NOT NULL,
    installed_at timestamptz NOT NULL,
    min_due      bigint NOT NULL,
    only_user    nightshift.user_id,
    allowed      text[]
) ON COMMIT DROP;
CREATE TEMPORARY TABLE plan_kinds (
    kind       text PRIMARY KEY,
    category   text NOT NULL,
    priority   smallint NOT NULL,
    hour       smallint NOT NULL,
    is_chosen  boolean NOT NULL,
    lasts      interval NOT NULL
) ON COMMIT DROP;
CREATE TEMPORARY TABLE plan_locales (
    kind    text NOT NULL,
    key     text NOT NULL,
    locale  text NOT NULL,
    version text NOT NULL,
    PRIMARY KEY (kind, key)
) ON COMMIT DROP;
CREATE TEMPORARY TABLE plan_routes (
    priority smallint NOT NULL,
    has_app  boolean NOT NULL,
    channel  text NOT NULL,
    is_set   boolean NOT NULL,
    PRIMARY KEY (priority, has_app, channel)
) ON COMMIT DROP;
CREATE TEMPORARY TABLE slots (
    zone        text NOT NULL,
    hour        smallint NOT NULL,
    slot_at     timestamptz NOT NULL,
    previous_at timestamptz NOT NULL
) ON COMMIT DROP;
CREATE TEMPORARY TABLE in_slot (
    kind    text NOT NULL,
    user_id nightshift.user_id NOT NULL,
    name    text,
    zone    text NOT NULL,
    slot_at timestamptz NOT NULL
) ON COMMIT DROP;
CREATE TEMPORARY TABLE candidates (
    number    bigint GENERATED ALWAYS AS IDENTITY,
    kind      text NOT NULL,
    user_id   nightshift.user_id NOT NULL,
    occasion  text NOT NULL,
    zone      text NOT NULL,
    slot_at   timestamptz NOT NULL,
    variables jsonb NOT NULL,
    reason    text
) ON COMMIT DROP;
CREATE TEMPORARY TABLE tokens (
    user_id nightshift.user_id NOT NULL,
    token   text NOT NULL,
    is_live boolean NOT NULL,
    ordinal smallint NOT NULL
) ON COMMIT DROP;
CREATE TEMPORARY TABLE learners (
    number      bigint NOT NULL,
    kind        text NOT NULL,
    user_id     nightshift.user_id NOT NULL,
    priority    smallint NOT NULL,
    expires_at  timestamptz NOT NULL,
    slot_at     timestamptz NOT NULL,
    locale      text,
    version     text,
    email       text,
    phone       text,
    silenced    text[],
    quiet_until timestamptz,
    has_app     boolean NOT NULL,
    reason      text
) ON COMMIT DROP;
CREATE TEMPORARY TABLE planned (
    number     bigint NOT NULL,
    ordinal    smallint NOT NULL,
    kind       text NOT NULL,
    user_id    nightshift.user_id NOT NULL,
    priority   smallint NOT NULL,
    channel    text,
    address    text,
    not_before timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    reason     text,
    is_kept    boolean NOT NULL
) ON COMMIT DROP
