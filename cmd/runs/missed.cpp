// nightshift runs missed: periods of the schedule that no run did.
#include "base/text.hpp"
#include "jobs/ledger.hpp"
#include "subcommands.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;
using jobs::MissedPeriods;

struct Options {
    int days = 7;
    bool check = false;
};

std::string never_ran(const std::vector<std::string>& jobs) {
    return jobs.empty() ? "" : fmt::format("never run: {}\n", fmt::join(jobs, ", "));
}

std::string to_text(const std::vector<MissedPeriods>& all) {
    if (all.empty()) return "nothing was missed\n";
    Table table{{"job", "every", "missed", "first", "last", "catch-up runs"}};
    for (const auto& each : all) {
        const auto& [job, periods] = each;
        table.add({job.job, job.every, grouped(static_cast<std::int64_t>(periods.size())),
                   format_instant(periods.front()), format_instant(periods.back()),
                   fmt::format("{} ({})", to_catch_up(each).size(), name(job.missed))});
    }
    return table.text();
}

Json instants_json(const std::vector<Instant>& instants) {
    Json list = Json::array();
    for (const auto& each : instants) list.push_back(format_instant(each));
    return list;
}

ExitCode show_missed(Session& session, const Options& options) {
    const auto all = missed_periods(session, options.days);
    const auto never = jobs::never_run(*session.migrated_postgres(), declared_schedule(session));
    const bool nothing_to_do = std::all_of(
        all.begin(), all.end(), [](const auto& each) { return to_catch_up(each).empty(); });
    const bool answer = nothing_to_do || !options.check;
    session.output.result(
        [&] { return to_text(all) + never_ran(never); },
        [&] {
            Json list = Json::array();
            for (const auto& each : all) {
                list.push_back({{"job", each.job.job},
                                {"every", each.job.every},
                                {"policy", name(each.job.missed)},
                                {"periods", instants_json(each.periods)},
                                {"to_catch_up", instants_json(to_catch_up(each))}});
            }
            return Json{{"missed", list}, {"never_run", never}};
        },
        answer);
    return answer ? ExitCode::done : ExitCode::negative;
}

}  // namespace

std::vector<MissedPeriods> missed_periods(const Session& session, int days) {
    const auto zone = session.zone();
    jobs::require_zone(zone);
    return jobs::missed(*session.migrated_postgres(), declared_schedule(session), zone,
                        std::chrono::days{days});
}

CLI::Option* add_days(CLI::App& command, int& days) {
    return command.add_option("--days", days, "look back so many days (default 7)")
        ->type_name("N")
        ->check(CLI::Range(1, 366));
}

void add_runs_missed(CLI::App& runs, Chosen& chosen) {
    auto options = std::make_shared<Options>();
    auto* command = runs.add_subcommand("missed", "periods of the schedule that no run did");
    command->fallthrough();
    add_days(*command, options->days);
    command->add_flag("--check", options->check, "exit with 1 when there is something to catch up");
    command->footer(
        "A period is missed when it is over and no run that asked for it (--once-per) has\n"
        "succeeded. Where its job says latest or one pass, a later success makes up for it. A\n"
        "job that has never run has missed nothing.\n"
        "\n"
        "Examples:\n"
        "  nightshift runs missed\n"
        "  nightshift runs missed --days 30 --json");
    command->callback([&chosen, options] {
        chosen = {"runs missed",
                  [options](Session& session) { return show_missed(session, *options); }};
    });
}

}  // namespace nightshift::cmd
