-- The ledger of runs, and what the Sunday close keeps.

-- The period that an instant belongs to: the instant at which it began, in a zone.
-- One date_trunc with a zone keeps the hour apart that a zone repeats in autumn; going to local time
-- and back would merge the two. Where clocks move by half an hour the hour around it is longer: its
-- begin is truncated once more. Quarter-hours are UTC's, as every zone's offset is a multiple of one.
CREATE FUNCTION nightshift.period(unit text, at timestamptz, zone text) RETURNS timestamptz
LANGUAGE sql STABLE AS $$
    SELECT CASE unit
               WHEN 'quarter-hour' THEN date_bin('15 minutes', at, '2000-01-01T00:00:00Z')
               ELSE date_trunc(unit, date_trunc(unit, at, zone), zone)
           END
$$;

-- One row a run, history: what happened and when, by the database's clock. A run that was killed stays
-- running; whoever reads it looks at its lease, and the next run calls it abandoned.
CREATE TABLE nightshift.job_runs (
    run_id      text PRIMARY KEY,
    job         text NOT NULL,
    lease       text NOT NULL,
    fence       bigint NOT NULL,
    unit        text CHECK (unit IN ('quarter-hour', 'hour', 'day', 'week', 'month')),
    period      timestamptz,
    rerun       boolean NOT NULL,
    state       text NOT NULL CHECK (state IN ('running', 'succeeded', 'partial', 'failed', 'timed out',
                                               'stopped', 'abandoned')),
    started_at  timestamptz NOT NULL,
    finished_at timestamptz,
    exit_code   integer,
    error       text,
    counts      jsonb,
    cursor      jsonb,
    host        text NOT NULL,
    pid         integer NOT NULL,
    version     text NOT NULL,
    UNIQUE (lease, fence),
    CHECK ((unit IS NULL) = (period IS NULL)),
    CHECK ((state = 'running') = (finished_at IS NULL)),
    CHECK (isfinite(started_at) AND isfinite(finished_at) AND isfinite(period))
);
COMMENT ON COLUMN nightshift.job_runs.lease IS 'jobs that write the same thing share one';
COMMENT ON COLUMN nightshift.job_runs.cursor IS 'where the next run of the same period goes on';
CREATE UNIQUE INDEX job_runs_once ON nightshift.job_runs (job, unit, period)
 WHERE state = 'succeeded' AND NOT rerun;
CREATE INDEX job_runs_of_job ON nightshift.job_runs (job, started_at DESC);
CREATE INDEX job_runs_latest ON nightshift.job_runs (started_at DESC);
CREATE INDEX job_runs_running ON nightshift.job_runs (lease) WHERE state = 'running';

-- The Sunday close: the document as it was published, and everybody's rank. History, written once.
CREATE TABLE nightshift.board_closings (
    closing   text PRIMARY KEY,
    as_of     timestamptz NOT NULL,
    closed_at timestamptz NOT NULL,
    run_id    text NOT NULL,
    users     bigint NOT NULL,
    document  text NOT NULL,
    checksum  text NOT NULL
);
COMMENT ON COLUMN nightshift.board_closings.closing IS 'weekly/2026-W47';
CREATE TABLE nightshift.closing_ranks (
    closing  text NOT NULL,
    rank     bigint NOT NULL,
    user_id  nightshift.user_id NOT NULL,
    attempts bigint NOT NULL,
    correct  bigint NOT NULL,
    PRIMARY KEY (closing, rank),
    UNIQUE (closing, user_id)
);
