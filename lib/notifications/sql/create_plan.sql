-- What a plan is worked out in; gone with the transaction.
-- plan: what is asked for, one row; are_many: candidates, so that it is best to look at everybody's devices.
-- plan_kinds: a row a kind (kinds.cpp); is_chosen: learners have a say in its hour. plan_locales: each template that
-- there is. named: languages and zones as users have them written, and the zone that is meant. plan_texts: which
-- template such a language means, and what else holds for the kind. plan_routes: which channels say it, by priority and
-- whether there is an app (the key's lowest bit); 0 is what nothing says; is_head: the one that every notification has.
-- slots: the latest instant at which each zone's clocks showed each hour that a kind may have, its day there, and the
-- instant a day before. windows: the slots in which each kind may be said by now, and not too late yet. candidates:
-- what fell due, by each kind's own file, and why it is not to be said after all. shared_devices: tokens that stand
-- there more than once, and their latest row. planned: a row per channel and address, and why nothing is to be sent
-- there (NULL: it is); is_head: one of each notification's. What is read most stands first, where it is found quickest.
CREATE TEMPORARY TABLE plan (
    as_of        timestamptz NOT NULL,
    default_zone text NOT NULL,
    installed_at timestamptz NOT NULL,
    min_due      bigint NOT NULL,
    only_user    nightshift.user_id,
    allowed      text[],
    are_many     boolean NOT NULL DEFAULT false
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
CREATE TEMPORARY TABLE named (
    locale text NOT NULL,
    key    text NOT NULL,
    zone   text NOT NULL,
    users  bigint NOT NULL
) ON COMMIT DROP;
CREATE TEMPORARY TABLE plan_texts (
    kind      text NOT NULL,
    wanted    text NOT NULL,
    locale    text NOT NULL,
    version   text NOT NULL,
    category  text NOT NULL,
    priority  smallint NOT NULL,
    is_chosen boolean NOT NULL,
    lasts     interval NOT NULL,
    PRIMARY KEY (kind, wanted)
) ON COMMIT DROP;
CREATE TEMPORARY TABLE plan_routes (
    key     smallint NOT NULL,
    channel text,
    is_set  boolean NOT NULL,
    is_head boolean NOT NULL
) ON COMMIT DROP;
CREATE TEMPORARY TABLE slots (
    zone        text NOT NULL,
    hour        smallint NOT NULL,
    day         date NOT NULL,
    slot_at     timestamptz NOT NULL,
    previous_at timestamptz NOT NULL
) ON COMMIT DROP;
CREATE TEMPORARY TABLE windows (
    kind        text NOT NULL,
    zone        text NOT NULL,
    hour        smallint NOT NULL,
    day         date NOT NULL,
    slot_at     timestamptz NOT NULL,
    previous_at timestamptz NOT NULL
) ON COMMIT DROP;
CREATE TEMPORARY TABLE candidates (
    number    bigint GENERATED ALWAYS AS IDENTITY (CACHE 1000),
    user_id   nightshift.user_id NOT NULL,
    slot_at   timestamptz NOT NULL,
    kind      text NOT NULL,
    reason    text,
    occasion  text NOT NULL,
    zone      text NOT NULL,
    variables jsonb NOT NULL
) ON COMMIT DROP;
CREATE TEMPORARY TABLE shared_devices (
    token text NOT NULL,
    owner tid NOT NULL
) ON COMMIT DROP;
CREATE TEMPORARY TABLE planned (
    number     bigint NOT NULL,
    slot_at    timestamptz NOT NULL,
    not_before timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    user_id    nightshift.user_id NOT NULL,
    ordinal    smallint NOT NULL,
    priority   smallint NOT NULL,
    is_head    boolean NOT NULL,
    reason     text,
    kind       text NOT NULL,
    channel    text,
    zone       text NOT NULL,
    occasion   text NOT NULL,
    locale     text NOT NULL,
    version    text NOT NULL,
    address    text,
    variables  jsonb NOT NULL
) ON COMMIT DROP
