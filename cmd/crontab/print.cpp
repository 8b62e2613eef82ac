// nightshift crontab print, next: what would stand there, and when it comes round.
#include "jobs/cron_times.hpp"
#include "jobs/crontab_check.hpp"
#include "runs/subcommands.hpp"
#include "subcommands.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
    CrontabChoice choice;
    std::size_t count = 3;
};

ExitCode print(Session& session, const Options& options) {
    const auto files = wanted_files(session, options.choice);
    session.output.result(
        [&] {
            if (files.size() == 1) return files.begin()->second;
            std::string text;
            for (const auto& [name, content] : files)
                text += fmt::format("{}# --- {}\n{}", text.empty() ? "" : "\n", name, content);
            return text;
        },
        [&] {
            Json json = Json::object();
            for (const auto& [name, content] : files) json[name] = content;
            return Json{{"files", json}};
        });
    return ExitCode::done;
}

struct Coming {
    std::string job;
    Instant at;
};

ExitCode next(Session& session, const Options& options) {
    const auto machine = crontab_options(session, options.choice);
    const bool by_timers = place_of(options.choice).target == jobs::Target::systemd;
    std::vector<Coming> all;
    const auto begin = now();
    for (const auto& each : jobs::plan(declared_schedule(session), machine, begin)) {
        const auto [times, zone] =
            by_timers ? jobs::parse_calendar(each.calendar).value()
                      : std::pair{jobs::parse_cron_times(each.times), machine.cron_zone};
        for (const auto& tick :
             jobs::next_ticks(times, zone, begin, options.count, std::chrono::days{366})) {
            all.push_back({each.job.job, tick.at});
        }
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const auto& one, const auto& other) { return one.at < other.at; });
    session.output.result(
        [&] {
            Table table{{"job", "UTC", machine.cron_zone}};
            for (const auto& [job, at] : all)
                table.add({job, format_instant(at), jobs::local_text(at, machine.cron_zone)});
            return table.text();
        },
        [&] {
            Json list = Json::array();
            for (const auto& [job, at] : all)
                list.push_back({{"job", job}, {"at", format_instant(at)}});
            return Json{{"zone", machine.cron_zone}, {"next", list}};
        });
    return ExitCode::done;
}

}  // namespace

void add_crontab_print(CLI::App& crontab, Chosen& chosen) {
    auto options = std::make_shared<Options>();
    auto* command = crontab.add_subcommand("print", "show what install would put there");
    command->fallthrough();
    add_target(*command, options->choice);
    add_machine(*command, options->choice);
    command->footer(
        "Examples:\n"
        "  nightshift crontab print --user app\n"
        "  nightshift crontab print --user app --target systemd --host web2");
    command->callback([&chosen, options] {
        chosen = {"crontab print",
                  [options](Session& session) { return print(session, *options); }};
    });

    auto* coming = crontab.add_subcommand("next", "when each job runs next");
    coming->fallthrough();
    add_target(*coming, options->choice);
    add_machine(*coming, options->choice);
    coming->add_option("--count", options->count, "so many times of each job (default 3)")
        ->type_name("N")
        ->check(CLI::Range(1, 1000));
    coming->footer(
        "Of the schedule, whether it is installed or not.\n"
        "\n"
        "Examples:\n"
        "  nightshift crontab next --user app --count 5");
    coming->callback([&chosen, options] {
        chosen = {"crontab next", [options](Session& session) { return next(session, *options); }};
    });
}

}  // namespace nightshift::cmd
