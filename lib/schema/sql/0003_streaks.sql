-- What a pass over the streaks knows: learners' zones, the days on which they learned, what it has
-- taken in of attempts, and what it has seen happen.

-- Names that AT TIME ZONE is given, by the lower-cased name that a user has. A copy of
-- pg_timezone_names, which reads hundreds of files each time it is asked. CET and a few others are
-- taken for abbreviations without daylight saving: they stand here as Europe/Brussels and the like.
CREATE TABLE nightshift.zones (
    key  text PRIMARY KEY,
    zone text NOT NULL
);

-- In which zone a learner's days were counted, and when. History.
CREATE TABLE nightshift.user_zones (
    user_id     nightshift.user_id NOT NULL,
    valid_from  timestamptz NOT NULL,
    valid_until timestamptz NOT NULL,
    zone        text NOT NULL,
    named       text,
    is_valid    boolean NOT NULL,
    PRIMARY KEY (user_id, valid_from),
    CHECK (valid_from < valid_until)
);
CREATE INDEX user_zones_invalid ON nightshift.user_zones (user_id) WHERE NOT is_valid;
COMMENT ON COLUMN nightshift.user_zones.valid_from IS '-infinity from first sight, else when a pass saw the change';
COMMENT ON COLUMN nightshift.user_zones.named IS 'what users.timezone said; where that is no zone, zone is the default';

-- Whether a day was in a learner's life at all: Apia had no 30 December 2011, and who moves from Pago
-- Pago to Kiritimati misses a day. A zone's day is the instants from its midnight to the next; it
-- counts where some of them lie in the time that the learner had that zone.
CREATE FUNCTION nightshift.day_lay_in(day date, zone text, valid_from timestamptz, valid_until timestamptz)
RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT day::timestamp AT TIME ZONE zone < least((day + 1)::timestamp AT TIME ZONE zone, valid_until)
           AND (day + 1)::timestamp AT TIME ZONE zone > valid_from
$$;
CREATE FUNCTION nightshift.day_existed(learner nightshift.user_id, day date)
RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT
          FROM nightshift.user_zones z
         WHERE z.user_id = learner AND nightshift.day_lay_in(day, z.zone, z.valid_from, z.valid_until))
$$;

-- The learner's own days with at least one attempt that was not skipped.
CREATE TABLE nightshift.active_days (
    user_id  nightshift.user_id NOT NULL,
    day      date NOT NULL,
    attempts integer NOT NULL,
    correct  integer NOT NULL,
    first_at timestamptz NOT NULL,
    last_at  timestamptz NOT NULL,
    PRIMARY KEY (user_id, day)
);

-- Up to where attempts were taken in: one row, or none before the first pass.
CREATE TABLE nightshift.arrivals (
    only_row          boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    snapshot          pg_snapshot NOT NULL,
    system_identifier bigint NOT NULL,
    as_of             timestamptz NOT NULL,
    first_as_of       timestamptz NOT NULL,
    default_zone      text NOT NULL,
    own_xids          xid8[] NOT NULL,
    users_deleted     bigint NOT NULL
);
COMMENT ON TABLE nightshift.arrivals IS 'an attempt has arrived since when its ingest_xid was not visible in snapshot';
COMMENT ON COLUMN nightshift.arrivals.default_zone IS 'of users who named none, or what is none';
COMMENT ON COLUMN nightshift.arrivals.own_xids IS 'of passes, that wrote to users since then: no news to the next pass';
-- By Postgres's count, with the partitions.
CREATE FUNCTION nightshift.users_deleted() RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT pg_stat_get_tuples_deleted('public.users'::regclass)
           + coalesce((SELECT sum(pg_stat_get_tuples_deleted(inhrelid))
                         FROM pg_inherits
                        WHERE inhparent = 'public.users'::regclass), 0)::bigint
$$;
COMMENT ON COLUMN nightshift.arrivals.users_deleted IS 'by Postgres''s count: with more, orphans are looked for';

-- Attempts that are dated after the as-of, until it reaches them.
CREATE TABLE nightshift.arrivals_pending (
    user_id      nightshift.user_id NOT NULL,
    attempted_at timestamptz NOT NULL,
    is_correct   boolean
);
CREATE INDEX arrivals_pending_due ON nightshift.arrivals_pending (attempted_at);

-- Whose streak is to be judged: filled with the intake, emptied as users are written.
CREATE TABLE nightshift.touched_users (
    user_id nightshift.user_id PRIMARY KEY,
    silent  boolean NOT NULL
);
COMMENT ON COLUMN nightshift.touched_users.silent IS 'by a first pass or a rebuild: no events';

-- What an app had counted before the first pass, of which attempts know less (--adopt keep).
CREATE TABLE nightshift.streak_baselines (
    user_id nightshift.user_id PRIMARY KEY,
    day     date NOT NULL,
    length  integer NOT NULL
);
COMMENT ON TABLE nightshift.streak_baselines IS 'at the end of day the streak was that long';

-- What passes have seen, to be told by notifications. History: a rebuild leaves it alone.
CREATE TABLE nightshift.streak_events (
    user_id nightshift.user_id NOT NULL,
    day     date NOT NULL,
    kind    text NOT NULL CHECK (kind IN ('extended', 'broken', 'mended', 'milestone')),
    length  integer NOT NULL,
    seen_at timestamptz NOT NULL,
    told_at timestamptz,
    PRIMARY KEY (user_id, day, kind)
);
CREATE INDEX streak_events_untold ON nightshift.streak_events (seen_at) WHERE told_at IS NULL;
COMMENT ON COLUMN nightshift.streak_events.day IS 'the learner''s own; of a break the first missed day';
COMMENT ON COLUMN nightshift.streak_events.length IS 'in days; of a break what was lost';
COMMENT ON COLUMN nightshift.streak_events.seen_at IS 'as-of of the pass';
