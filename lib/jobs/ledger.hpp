// The ledger: what ran, when, where, and how it ended; and the promise of once per period.
//
// A run is a row in nightshift.job_runs, written in the transaction that takes its lease and
// finished in the one that gives the lease back, by the database's clock. A run that asks for a
// period (an hour, a day, ... in a zone) does nothing where a run of that period has succeeded or
// is at work: so any number of hosts may have the same crontab. A run that did not succeed leaves
// its period open, and a cursor from which the next one goes on.
#pragma once

#include "jobs/lease.hpp"

#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace nightshift::jobs {

// quarter-hour, hour, day, week, month: as crontab lines and the ledger have them.
bool is_unit(std::string_view unit);

// Throws Error (configuration) for what is not written as an IANA zone is, Area/City, or UTC:
// Postgres takes more, offsets with the sign turned around and abbreviations without daylight
// saving.
void require_zone(const std::string& zone);

struct OncePer {
    std::string unit;
    std::string zone = "UTC";                      // IANA
    std::optional<Instant> period = std::nullopt;  // its begin; none: the one of now
    bool rerun = false;                            // although it was done
};

struct RunRequest {
    std::string job;    // recompute-leaderboard/weekly
    std::string lease;  // of what it writes; often the job's own name
    std::string run_id;
    std::string version;
    std::string host = {};  // empty: this machine's name
    std::chrono::milliseconds wait{0};
    std::optional<OncePer> once_per = std::nullopt;
};

// Why there is nothing to do.
struct DoneAlready {
    std::string run_id;
    std::string host;
    Instant period;
    std::optional<Instant> finished_at;  // none: that run is at work
};

enum class RunState { succeeded, partial, failed, timed_out, stopped };

struct Ending {
    RunState state = RunState::succeeded;
    int exit_code = 0;
    std::optional<std::string> error = std::nullopt;
    std::optional<std::string> counts = std::nullopt;  // JSON
};

class Run {
  public:
    // connect: for the ledger and the lease; called again where that connection is cut.
    // Throws Error: as Lease does, busy where another run holds the lease, unless of the same
    // period; usage for a period that begins at no such time, refused for one in the future,
    // configuration for the zone.
    static std::variant<std::unique_ptr<Run>, DoneAlready> open(const Connect& connect,
                                                                const RunRequest& request,
                                                                const std::stop_token& stop = {});

    const Lease& lease() const { return *lease_; }
    // JSON: where the latest run of this period left off.
    const std::optional<std::string>& cursor() const { return cursor_; }
    // How far this machine's clock is ahead of the database's.
    std::chrono::milliseconds clock_ahead() const { return clock_ahead_; }

    // In the transaction that writes what it says.
    void save_cursor(postgres::Transaction& transaction, const std::string& json) const;

    // Once, as the last. Throws Error where the database is gone; the run then counts as abandoned.
    void finish(const Ending& ending);

  private:
    explicit Run(const RunRequest& request) : request_{request} {}
    std::optional<DoneAlready> look(postgres::Connection& connection);
    void begin(postgres::Transaction& transaction, std::int64_t fence);
    void compare_periods(postgres::Transaction& transaction, const Holder& holder) const;

    RunRequest request_;
    std::optional<Instant> period_;
    std::optional<std::string> cursor_;
    std::chrono::milliseconds clock_ahead_{0};
    std::unique_ptr<Lease> lease_;
};

}  // namespace nightshift::jobs
