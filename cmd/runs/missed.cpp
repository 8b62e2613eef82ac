// nightshift runs missed, catch-up, schedule: what should have run and did not.
#include "base/log.hpp"
#include "base/text.hpp"
#include "jobs/ledger.hpp"
#include "own_process.hpp"
#include "subcommands.hpp"

#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;
using jobs::MissedPeriods;

constexpr std::size_t longest_schedule = 1 << 20;

struct Options {
    int days = 7;
    bool check = false;
    bool dry_run = false;
};

std::string schedule_text(const Session& session) {
    const auto path = session.settings.find("NIGHTSHIFT_SCHEDULE");
    if (!path) return std::string{jobs::default_schedule()};
    std::ifstream file{*path};
    std::string text(longest_schedule, ' ');
    if (std::filesystem::is_regular_file(*path) &&
        std::filesystem::file_size(*path) < longest_schedule) {
        file.read(text.data(), static_cast<std::streamsize>(text.size()));
        text.resize(static_cast<std::size_t>(file.gcount()));
        if (!file.bad()) return text;
    }
    throw Error{Failure::configuration, "cannot read the schedule " + excerpt(*path),
                "NIGHTSHIFT_SCHEDULE names it; it must be a file below 1 MiB",
                "correct the path, or leave it unset"};
}

std::vector<jobs::ScheduledJob> schedule(const Session& session) {
    return jobs::parse_schedule(
        schedule_text(session),
        session.settings.find("NIGHTSHIFT_SCHEDULE").value_or("the program itself"));
}

std::vector<MissedPeriods> missed(const Session& session, const Options& options) {
    const auto zone = session.settings.find("NIGHTSHIFT_ZONE").value_or("UTC");
    jobs::refuse_offset(zone);
    return jobs::missed(*session.migrated_postgres(), schedule(session), zone,
                        now() - std::chrono::days{options.days});
}

std::string missed_text(const std::vector<MissedPeriods>& all) {
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
    const auto all = missed(session, options);
    const bool answer = all.empty() || !options.check;
    session.output.result(
        [&] { return missed_text(all); },
        [&] {
            Json list = Json::array();
            for (const auto& each : all) {
                list.push_back({{"job", each.job.job},
                                {"every", each.job.every},
                                {"policy", name(each.job.missed)},
                                {"periods", instants_json(each.periods)},
                                {"to_catch_up", instants_json(to_catch_up(each))}});
            }
            return Json{{"missed", list}};
        },
        answer);
    return answer ? ExitCode::done : ExitCode::negative;
}

struct CaughtUp {
    std::string job;
    Instant period;
    std::vector<std::string> command;
    int exit_code = 0;  // 0 for a dry run
};

// The job's own command, for a period that went by.
std::vector<std::string> command_for(const jobs::ScheduledJob& job, Instant period,
                                     const Session& session) {
    auto command = job.command;
    command.insert(command.end(), {"--once-per", job.every, "--for", format_instant(period),
                                   "--lock-wait", "600", "--quiet"});
    if (const auto file = session.settings.file(); !file.empty()) {
        command.insert(command.end(), {"--env-file", file});
    }
    return command;
}

ExitCode catch_up(Session& session, const Options& options) {
    std::vector<CaughtUp> all;
    for (const auto& each : missed(session, options)) {
        for (const auto period : to_catch_up(each)) {
            CaughtUp run{each.job.job, period, command_for(each.job, period, session)};
            log::info("catching up", {{"job", run.job}, {"period", format_instant(run.period)}});
            if (!options.dry_run) run.exit_code = run_ourselves(run.command, session.stop);
            if (session.stop.stop_requested()) {
                throw Error{Failure::interrupted, "stopped while catching up", "",
                            "run again: it goes on with what is left"};
            }
            all.push_back(std::move(run));
        }
    }
    const bool ok =
        std::all_of(all.begin(), all.end(), [](const auto& each) { return each.exit_code == 0; });
    session.output.result(
        [&] {
            if (all.empty()) return std::string{"nothing to catch up\n"};
            Table table{{"job", "period", options.dry_run ? "would run" : "exit code"}};
            for (const auto& each : all) {
                table.add({each.job, format_instant(each.period),
                           options.dry_run
                               ? fmt::format("nightshift {}", fmt::join(each.command, " "))
                               : std::to_string(each.exit_code)});
            }
            return table.text();
        },
        [&] {
            Json list = Json::array();
            for (const auto& each : all) {
                list.push_back({{"job", each.job},
                                {"period", format_instant(each.period)},
                                {"command", each.command},
                                {"exit_code", options.dry_run ? Json() : Json(each.exit_code)}});
            }
            return Json{{"dry_run", options.dry_run}, {"runs", list}};
        },
        ok);
    return ok ? ExitCode::done : ExitCode::partial;
}

ExitCode show_schedule(Session& session) {
    const auto text = schedule_text(session);
    const auto count = schedule(session).size();  // refuses what cannot be used
    log::debug("read the schedule", {{"jobs", std::to_string(count)}});
    session.output.result([&] { return text; },
                          [&] {
                              return Json{{"schedule", Json::parse(text)}};
                          });
    return ExitCode::done;
}

CLI::Option* add_days(CLI::App& command, Options& options) {
    return command.add_option("--days", options.days, "look back so many days (default 7)")
        ->type_name("N")
        ->check(CLI::Range(1, 366));
}

}  // namespace

void add_runs_missed(CLI::App& runs, Chosen& chosen) {
    auto options = std::make_shared<Options>();
    auto* missed_command = runs.add_subcommand("missed", "periods of the schedule that no run did");
    missed_command->fallthrough();
    add_days(*missed_command, *options);
    missed_command->add_flag("--check", options->check, "exit with 1 when a period was missed");
    missed_command->footer(
        "A period is missed when it is over and no run that asked for it (--once-per) has\n"
        "succeeded. A job that has never run has missed nothing.\n"
        "\n"
        "Examples:\n"
        "  nightshift runs missed\n"
        "  nightshift runs missed --days 30 --json");
    missed_command->callback([&chosen, options] {
        chosen = {"runs missed",
                  [options](Session& session) { return show_missed(session, *options); }};
    });

    auto* catch_up_command =
        runs.add_subcommand("catch-up", "run what was missed, as its job says");
    catch_up_command->fallthrough();
    add_days(*catch_up_command, *options);
    catch_up_command->add_flag("-n,--dry-run", options->dry_run, "show the commands; run none");
    catch_up_command->footer(
        "By the schedule's policy: the latest period only, one pass for all, each one, or never.\n"
        "Safe to repeat, and on several hosts at once. Exits with 2 when a run has failed.\n"
        "\n"
        "Examples:\n"
        "  nightshift runs catch-up --dry-run\n"
        "  nightshift runs catch-up");
    catch_up_command->callback([&chosen, options] {
        chosen = {"runs catch-up",
                  [options](Session& session) { return catch_up(session, *options); }};
    });

    auto* schedule_command = runs.add_subcommand("schedule", "print the schedule, as JSON");
    schedule_command->fallthrough();
    schedule_command->footer(
        "The product's own, or the file that NIGHTSHIFT_SCHEDULE names.\n"
        "\n"
        "Examples:\n"
        "  nightshift runs schedule > schedule.json\n"
        "  NIGHTSHIFT_SCHEDULE=schedule.json nightshift runs schedule");
    schedule_command->callback([&chosen] {
        chosen = {"runs schedule", [](Session& session) { return show_schedule(session); }};
    });
}

}  // namespace nightshift::cmd
