// nightshift runs catch-up: run what was missed.
#include "base/log.hpp"
#include "base/text.hpp"
#include "own_process.hpp"
#include "subcommands.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
    int days = 7;
    bool dry_run = false;
};

struct CaughtUp {
    std::string job;
    Instant period;
    std::vector<std::string> command;
    int exit_code = 0;
    bool done = false;         // as the ledger has it
    std::string at_work = {};  // the host that is doing it at this moment
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

std::vector<CaughtUp> to_run(const Session& session, int days) {
    std::vector<CaughtUp> all;
    for (const auto& each : missed_periods(session, days)) {
        for (const auto period : to_catch_up(each)) {
            all.push_back({.job = each.job.job,
                           .period = period,
                           .command = command_for(each.job, period, session)});
        }
    }
    return all;
}

bool is_among(const CaughtUp& run, const std::vector<CaughtUp>& others) {
    return std::any_of(others.begin(), others.end(), [&](const auto& other) {
        return other.job == run.job && other.period == run.period;
    });
}

std::string host_at_work(const Session& session, const CaughtUp& run) {
    const auto running = jobs::runs(*session.migrated_postgres(),
                                    {.job = run.job, .state = "running", .limit = 1000});
    for (const auto& each : running) {
        if (each.period == run.period) return each.host;
    }
    return "";
}

// A schedule may name a command that is another job's, and does not do what was missed.
void look_whether_done(const Session& session, int days, std::vector<CaughtUp>& runs) {
    // First who is at work, then what is left: whoever ends in between has done it.
    for (auto& run : runs) {
        if (run.exit_code == 0) run.at_work = host_at_work(session, run);
    }
    const auto left = to_run(session, days);
    for (auto& run : runs) {
        run.done = run.exit_code == 0 && !is_among(run, left);
        if (run.done) run.at_work.clear();
        if (run.done || run.exit_code != 0 || !run.at_work.empty()) continue;
        log::error(
            "the command ended well, and the period is still missed: see whether the "
            "schedule names the command of this job",
            {{"job", run.job}, {"command", fmt::format("{}", fmt::join(run.command, " "))}});
    }
}

std::string remark(const CaughtUp& run) {
    if (!run.at_work.empty()) return ", being done on " + printable(run.at_work);
    return run.exit_code == 0 && !run.done ? ", not done" : "";
}

std::string to_text(const std::vector<CaughtUp>& runs, bool dry_run) {
    if (runs.empty()) return "nothing to catch up\n";
    Table table{{"job", "period", dry_run ? "would run" : "exit code"}};
    for (const auto& each : runs) {
        table.add({each.job, format_instant(each.period),
                   dry_run ? fmt::format("nightshift {}", fmt::join(each.command, " "))
                           : std::to_string(each.exit_code) + remark(each)});
    }
    return table.text();
}

Json to_json(const std::vector<CaughtUp>& runs, bool dry_run) {
    Json list = Json::array();
    for (const auto& each : runs) {
        list.push_back({{"job", each.job},
                        {"period", format_instant(each.period)},
                        {"command", each.command},
                        {"exit_code", dry_run ? Json() : Json(each.exit_code)},
                        {"done", dry_run ? Json() : Json(each.done)},
                        {"at_work_on", each.at_work.empty() ? Json() : Json(each.at_work)}});
    }
    return {{"dry_run", dry_run}, {"runs", list}};
}

ExitCode catch_up(Session& session, const Options& options) {
    auto all = to_run(session, options.days);
    bool ok = true;
    if (!options.dry_run) {
        for (auto& run : all) {
            log::info("catching up", {{"job", run.job}, {"period", format_instant(run.period)}});
            run.exit_code = run_ourselves(run.command, session.stop);
            if (session.stop.stop_requested()) {
                throw Error{Failure::interrupted, "stopped while catching up", "",
                            "run again: it goes on with what is left"};
            }
        }
        look_whether_done(session, options.days, all);
        ok = std::all_of(all.begin(), all.end(),
                         [](const auto& each) { return each.done || !each.at_work.empty(); });
    }
    session.output.result([&] { return to_text(all, options.dry_run); },
                          [&] { return to_json(all, options.dry_run); }, ok);
    return ok ? ExitCode::done : ExitCode::partial;
}

}  // namespace

void add_runs_catch_up(CLI::App& runs, Chosen& chosen) {
    auto options = std::make_shared<Options>();
    auto* command = runs.add_subcommand("catch-up", "run what was missed, as its job says");
    command->fallthrough();
    add_days(*command, options->days);
    command->add_flag("-n,--dry-run", options->dry_run, "show the commands; run none");
    command->footer(
        "By the schedule's policy: the latest period only, one pass for all, each one, or never.\n"
        "Safe to repeat, and on several hosts at once. Exits with 2 when a run has failed.\n"
        "\n"
        "Examples:\n"
        "  nightshift runs catch-up --dry-run\n"
        "  nightshift runs catch-up");
    command->callback([&chosen, options] {
        chosen = {"runs catch-up",
                  [options](Session& session) { return catch_up(session, *options); }};
    });
}

}  // namespace nightshift::cmd
