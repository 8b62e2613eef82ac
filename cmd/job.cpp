#include "job.hpp"

#include "base/log.hpp"
#include "base/redaction.hpp"
#include "base/text.hpp"
#include "costs/usage.hpp"
#include "deadline.hpp"
#include "health/counters.hpp"
#include "monitoring.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;

constexpr auto tolerated_clock_difference = 2s;

ExitCode nothing_to_do(const Session& session, const std::string& job,
                       const jobs::DoneAlready& done) {
    session.output.result(
        [&] {
            if (!done.finished_at) {
                return fmt::format("{} is being done for {} by run {} on {}\n", job,
                                   format_instant(done.period), done.run_id, done.host);
            }
            return fmt::format("{} was done for {} by run {} on {} at {}\n", job,
                               format_instant(done.period), done.run_id, done.host,
                               format_instant(*done.finished_at));
        },
        [&] {
            return Json{{"done_already",
                         {{"job", job},
                          {"period", format_instant(done.period)},
                          {"run_id", done.run_id},
                          {"host", done.host},
                          {"finished_at",
                           done.finished_at ? Json(format_instant(*done.finished_at)) : Json()}}}};
        });
    return ExitCode::done;
}

jobs::RunRequest request_of(const Session& session, const JobOptions& options,
                            const JobKind& kind) {
    jobs::RunRequest request{.job = kind.job,
                             .lease = kind.lease,
                             .run_id = session.run_id,
                             .version = NIGHTSHIFT_VERSION,
                             .host = session.settings.find("NIGHTSHIFT_HOST").value_or(""),
                             .wait = options.lock_wait.value_or(0ms)};
    if (!options.once_per.empty()) {
        request.once_per = jobs::OncePer{.unit = options.once_per,
                                         .zone = session.zone(),
                                         .period = options.period,
                                         .rerun = options.rerun};
    }
    return request;
}

std::optional<std::chrono::milliseconds> hard_limit(const JobOptions& options) {
    const auto& [soft, hard] = std::tie(options.timeout, options.hard_timeout);
    if (soft && hard && *hard < *soft) {
        throw Error{Failure::usage, "--hard-timeout comes before --timeout",
                    "what is at work is given time from the one to the other",
                    "give a longer --hard-timeout, or leave it away"};
    }
    if (soft && !hard) return *soft + *soft / 10 + 5s;
    return hard;
}

jobs::RunState state_of(ExitCode code) {
    switch (code) {
        case ExitCode::done:
            return jobs::RunState::succeeded;
        case ExitCode::timed_out:
            return jobs::RunState::timed_out;
        case ExitCode::partial:
            return jobs::RunState::partial;
        case ExitCode::interrupted:
        case ExitCode::terminated:
            return jobs::RunState::stopped;
        default:
            return jobs::RunState::failed;
    }
}

// The run's last word; where the database is gone it cannot be said, and the row tells that itself.
void finish(jobs::Run& run, const jobs::Ending& ending) {
    try {
        run.finish(ending);
    } catch (const Error& error) {
        log::warning("the end of this run is not in the ledger", {{"why", error.cause}});
    }
}

// What an error is called that comes of a stop, by the deadline or a signal; a server that is asked
// to stop may well answer with another.
Error ended(const Error& error, const Session& session, const std::optional<Deadline>& deadline) {
    if (deadline && deadline->has_passed()) return out_of_time(error.what());
    if (!session.stop.stop_requested() || error.failure == Failure::interrupted) return error;
    return {Failure::interrupted, "stopped", error.what(), "what was finished is kept; run again"};
}

std::string explained(const Error& error) {
    return redacted(std::string{error.what()} + (error.cause.empty() ? "" : ": " + error.cause));
}

// Nothing: there is none, or it does not say.
std::optional<std::int64_t> redis_bytes(const Session& session) {
    if (!session.settings.find("REDIS_URL")) return std::nullopt;
    try {
        const auto redis = session.redis("leaderboard:weekly");
        if (redis->is_of_a_cluster()) return std::nullopt;  // it says what one node holds
        const auto info = redis->command({"INFO", "memory"});
        return parse_integer<std::int64_t>(redis::info_value(info.text(), "used_memory:"));
    } catch (const Error& error) {
        log::debug("how much Redis holds is not noted", {{"why", error.cause}});
        return std::nullopt;
    }
}

// What cannot be measured afterwards. Health and cost-report do without it.
void note_the_day(const Session& session, postgres::Connection& postgres) {
    const auto noted = [](const char* what, const auto& note) {
        try {
            note();
        } catch (const Error& error) {
            log::info(std::string{"the day's "} + what + " are not noted", {{"why", error.cause}});
        } catch (const std::exception& error) {
            log::info(std::string{"the day's "} + what + " are not noted", {{"why", error.what()}});
        }
    };
    noted("counters", [&] { health::note_counters(postgres); });
    noted("levels",
          [&] { costs::note_levels(postgres, [&session] { return redis_bytes(session); }); });
}

void finish_failed(const Session& session, jobs::Run& run, const Error& error) {
    finish(run, {.state = error.failure == Failure::timed_out     ? jobs::RunState::timed_out
                          : error.failure == Failure::interrupted ? jobs::RunState::stopped
                                                                  : jobs::RunState::failed,
                 .exit_code = static_cast<int>(exit_code(error.failure, session.signal())),
                 .error = explained(error)});
}

}  // namespace

ExitCode run_job(Session& session, JobOptions options, const JobKind& kind,
                 const std::function<JobEnd(Job&)>& work) {
    const auto start = Clock::now();
    std::optional<Deadline> deadline;
    if (const auto limit = hard_limit(options)) {
        session.deadline = start + *limit;
        deadline.emplace(*session.deadline, session);
    }
    Monitoring monitoring{session, kind.job, options.metrics_file};
    std::unique_ptr<jobs::Run> run;
    try {
        auto postgres = session.migrated_postgres();
        if (kind.settle) kind.settle(*postgres, options);
        const auto asked_at = Clock::now();
        auto opened = jobs::Run::open([&session] { return session.unstoppable_postgres(); },
                                      request_of(session, options, kind), session.stop);
        if (const auto* done = std::get_if<jobs::DoneAlready>(&opened)) {
            monitoring.nothing_to_do();
            return nothing_to_do(session, kind.job, *done);
        }
        run = std::move(std::get<std::unique_ptr<jobs::Run>>(opened));
        monitoring.began();
        // It has stood idle while another run was waited for, which not every pooler bears.
        if (Clock::now() > asked_at + 1s) postgres = session.postgres();
        if (std::chrono::abs(run->clock_ahead()) > tolerated_clock_difference) {
            log::warning("this machine's clock is not the database's, which counts",
                         {{"ahead_ms", std::to_string(run->clock_ahead().count())}});
        }
        Job surroundings{*postgres, *run, [&options, start] {
                             return options.timeout && Clock::now() >= start + *options.timeout;
                         }};
        const auto end = work(surroundings);
        finish(*run, {.state = state_of(end.code),
                      .exit_code = static_cast<int>(end.code),
                      .error = end.error,
                      .counts = end.counts});
        monitoring.ended(end.code, end.error.value_or(end.code == ExitCode::done ? "" : "in part"));
        note_the_day(session, *postgres);
        return end.code;
    } catch (const Error& error) {
        const auto said = ended(error, session, deadline);
        if (run) finish_failed(session, *run, said);
        if (run || (said.failure != Failure::busy && said.failure != Failure::usage))
            monitoring.ended(exit_code(said.failure, session.signal()), said.what(), said.cause);
        throw Error{said};
    } catch (const std::exception& error) {
        if (run) finish_failed(session, *run, {Failure::internal, error.what()});
        monitoring.ended(ExitCode::internal, error.what());
        throw;
    }
}

}  // namespace nightshift::cmd
