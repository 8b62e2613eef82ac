// What every command that is a job does around its work: the schema is looked at, the ledger is
// opened under the lease, the time is watched, and the run is finished however it ends.
#pragma once

#include "jobs/ledger.hpp"
#include "session.hpp"
#include "shared_options.hpp"

#include <functional>
#include <string>

namespace nightshift::cmd {

// What the work may ask of its surroundings.
struct Job {
    postgres::Connection& postgres;
    jobs::Run& run;
    std::function<bool()> out_of_time;  // begin nothing more
};

struct JobEnd {
    ExitCode code = ExitCode::done;
    std::string counts;                               // for the ledger, JSON
    std::optional<std::string> error = std::nullopt;  // why it was not a success
};

struct JobKind {
    std::string job;    // its name in the ledger
    std::string lease;  // of what it writes
    // What is to be found out in the database before the run begins; may be empty.
    std::function<void(postgres::Connection&, JobOptions&)> settle = {};
};

// Prints that there is nothing to do where the period asked for is done. Throws Error as the work
// does; timed_out where it was stopped for that.
ExitCode run_job(Session& session, JobOptions options, const JobKind& kind,
                 const std::function<JobEnd(Job&)>& work);

}  // namespace nightshift::cmd
