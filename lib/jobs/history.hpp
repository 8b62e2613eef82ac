// What the ledger knows: runs that were, periods that nobody did; and what an operator may do about
// both. Reads and writes Postgres alone.
#pragma once

#include "base/instant.hpp"
#include "jobs/lease.hpp"
#include "jobs/schedule.hpp"
#include "postgres/connection.hpp"

#include <optional>
#include <string>
#include <vector>

namespace nightshift::jobs {

struct PastRun {
    std::string run_id;
    std::string job;
    std::string lease;
    std::int64_t fence = 0;
    std::string state;  // running, succeeded, partial, failed, timed out, stopped, abandoned
    std::optional<std::string> unit;
    std::optional<Instant> period;
    bool rerun = false;
    Instant started_at;
    std::optional<Instant> finished_at;
    std::chrono::milliseconds duration{};  // until now, where it has not finished
    std::optional<int> exit_code;
    std::optional<std::string> error;
    std::optional<std::string> counts;  // JSON
    std::optional<std::string> cursor;  // JSON
    std::string host;
    int pid = 0;
    std::string version;
};

struct RunFilter {
    std::optional<std::string> job = std::nullopt;
    std::optional<std::string> state = std::nullopt;
    std::optional<std::string> run_id = std::nullopt;  // or how it begins
    std::int64_t limit = 20;
};

// The latest first.
std::vector<PastRun> runs(postgres::Connection& connection, const RunFilter& filter);

struct MissedPeriods {
    ScheduledJob job;
    std::vector<Instant> periods;  // that are over, oldest first
};

// Of each job that has ever run once per such a period, and has missed any in the time back.
std::vector<MissedPeriods> missed(postgres::Connection& connection,
                                  const std::vector<ScheduledJob>& schedule,
                                  const std::string& zone, std::chrono::days back);

// Of the schedule: a name that no command has never runs, and so is never missed either.
std::vector<std::string> never_run(postgres::Connection& connection,
                                   const std::vector<ScheduledJob>& schedule);

// Those that a catch-up runs, by the job's policy, oldest first.
std::vector<Instant> to_catch_up(const MissedPeriods& missed);

// How long a job's successful runs of the last 30 days took: 19 of 20 no longer. Nothing: there are
// none.
std::optional<std::chrono::milliseconds> usual_duration(postgres::Connection& connection,
                                                        const std::string& job);

// That any job has ever taken.
std::vector<std::string> leases(postgres::Connection& connection);

// Who holds a lease; nobody: it is free.
std::optional<Holder> holder(postgres::Connection& connection, const std::string& lease);

// Takes it away: the holder's fence is stale from then on, and it can write nothing more. False
// where the lease has changed hands meanwhile. Waits while the holder commits.
bool unlock(postgres::Connection& connection, const std::string& lease, const Holder& holder);

struct Pruned {
    std::int64_t runs = 0;
    Instant before;
};

// Forgets runs that ended so many days ago, and with them what was missed then; the latest success
// of each job stays.
Pruned prune(postgres::Connection& connection, std::chrono::days age, bool dry_run);

}  // namespace nightshift::jobs
