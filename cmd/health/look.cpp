#include "health/look.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "health/in_a_row.hpp"
#include "health/mutes.hpp"

#include <thread>

namespace nightshift::cmd {
namespace {

using namespace std::chrono_literals;
using health::Report;
using health::Status;

constexpr auto budget = 8s;  // below the ten seconds that who calls a check gives it
constexpr auto between_looks = 1s;

// They are told of by config.monitoring where they cannot be read.
std::vector<health::Mute> mutes_of(const Session& session) {
    const auto path = session.settings.find("NIGHTSHIFT_MUTES").value_or("");
    if (path.empty()) return {};
    try {
        return health::parse_mutes(read_file(path).value_or(""), path);
    } catch (const Error& error) {
        log::warning("nothing is muted", {{"why", error.what()}});
        return {};
    }
}

// What was not bad for often enough is taken out; where that cannot be counted, as on a full disk,
// all of it alarms.
void count_in_a_row(const LookOptions& options, Report& report) {
    try {
        const auto before = read_file(options.state);
        auto checks =
            before ? health::parse_not_well(*before, options.state) : health::NotWellChecks{};
        auto counted = report;
        health::alarm_after(options.times, counted, checks, now());
        write_file(options.state, health::text_of(checks), 0600);
        report = std::move(counted);
    } catch (const Error& error) {
        log::warning("--in-a-row does not count: what is bad alarms at once",
                     {{"why", error.what() + (error.cause.empty() ? "" : ": " + error.cause)}});
    }
}

}  // namespace

Report look(const Session& session, const LookOptions& options, bool& has_stuck) {
    const auto wanted = wanted_checks(options.choice);
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{options.wait};
    while (true) {
        auto report = health::run_probes(probes_of(session, wanted), budget, session.stop);
        has_stuck = has_stuck || report.has_stuck;
        if (session.stop.stop_requested())
            throw Error{Failure::interrupted, "stopped while looking"};
        health::mute(report, mutes_of(session), now());
        if (!options.state.empty()) count_in_a_row(options, report);
        const auto status = report.status();
        const bool is_well =
            status == Status::healthy || (status == Status::degraded && options.only_unhealthy);
        if (is_well || std::chrono::steady_clock::now() + between_looks > until) return report;
        std::this_thread::sleep_for(between_looks);
    }
}

}  // namespace nightshift::cmd
