// nightshift runs list, show: what the ledger holds.
#include "base/text.hpp"
#include "shared_options.hpp"
#include "subcommands.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;
using jobs::PastRun;

template <typename Value>
Json or_null(const std::optional<Value>& value) {
    return value ? Json(*value) : Json();
}

Json or_null(const std::optional<Instant>& instant) {
    return instant ? Json(format_instant(*instant)) : Json();
}

Json parsed_or_null(const std::optional<std::string>& json) {
    return json ? Json::parse(*json) : Json();
}

Json to_json(const PastRun& run) {
    return {{"run_id", run.run_id},
            {"job", run.job},
            {"state", run.state},
            {"once_per", or_null(run.unit)},
            {"period", or_null(run.period)},
            {"rerun", run.rerun},
            {"started_at", format_instant(run.started_at)},
            {"finished_at", or_null(run.finished_at)},
            {"duration_ms", run.duration.count()},
            {"exit_code", or_null(run.exit_code)},
            {"error", or_null(run.error)},
            {"counts", parsed_or_null(run.counts)},
            {"cursor", parsed_or_null(run.cursor)},
            {"host", run.host},
            {"pid", run.pid},
            {"lease", run.lease},
            {"fence", run.fence},
            {"version", run.version}};
}

std::string seconds(std::chrono::milliseconds duration) {
    return fmt::format("{}.{:03} s", duration.count() / 1000, duration.count() % 1000);
}

std::string short_time(Instant instant) {
    return format_instant(std::chrono::floor<std::chrono::seconds>(instant));
}

std::string list_text(const std::vector<PastRun>& runs, bool filtered) {
    if (runs.empty()) return filtered ? "no such run is in the ledger\n" : "the ledger is empty\n";
    Table table{{"run", "job", "period", "state", "started", "took", "host"}};
    for (const auto& run : runs) {
        const bool failed = run.exit_code.value_or(0) != 0;
        table.add({printable(run.run_id), printable(run.job),
                   run.period ? short_time(*run.period) : "-",
                   failed ? fmt::format("{} ({})", run.state, *run.exit_code) : run.state,
                   short_time(run.started_at), seconds(run.duration), printable(run.host)});
    }
    return table.text();
}

std::string show_text(const PastRun& run) {
    std::string text;
    const auto line = [&text](std::string_view name, const std::string& value) {
        if (!value.empty()) text += fmt::format("{:9} {}\n", name, value);
    };
    line("run", run.run_id);
    line("job", run.job);
    line("state", run.state + (run.exit_code ? fmt::format(", exit code {}", *run.exit_code) : ""));
    line("error", printable(run.error.value_or("")));
    if (run.period) {
        line("period", fmt::format("the {} from {}{}", *run.unit, format_instant(*run.period),
                                   run.rerun ? ", again" : ""));
    }
    line("started", format_instant(run.started_at));
    line("finished", run.finished_at ? format_instant(*run.finished_at) : "");
    line("took", seconds(run.duration));
    line("host", fmt::format("{}, pid {}", printable(run.host), run.pid));
    line("counts", run.counts.value_or(""));
    line("cursor", run.cursor.value_or(""));
    line("fence", fmt::format("{} of {}", run.fence, run.lease));
    line("version", run.version);
    return text;
}

ExitCode list(Session& session, const jobs::RunFilter& filter) {
    const auto runs = jobs::runs(*session.migrated_postgres(), filter);
    session.output.result([&] { return list_text(runs, filter.job || filter.state); },
                          [&] {
                              Json all = Json::array();
                              for (const auto& run : runs) all.push_back(to_json(run));
                              return Json{{"runs", all}};
                          });
    return ExitCode::done;
}

ExitCode show(Session& session, const std::string& run_id) {
    const auto runs = jobs::runs(*session.migrated_postgres(), {.run_id = run_id, .limit = 2});
    if (runs.size() > 1) {
        throw Error{Failure::data, "several runs begin with " + excerpt(run_id),
                    "two of them are " + runs[0].run_id + " and " + runs[1].run_id,
                    "give more of its id"};
    }
    if (runs.empty()) {
        throw Error{Failure::data, "no run is called " + excerpt(run_id), "the ledger has none",
                    "see 'nightshift runs list'; what has ended long ago may be pruned"};
    }
    session.output.result([&] { return show_text(runs[0]); },
                          [&] {
                              return Json{{"run", to_json(runs[0])}};
                          });
    return ExitCode::done;
}

}  // namespace

void add_runs_list(CLI::App& runs, Chosen& chosen) {
    auto filter = std::make_shared<jobs::RunFilter>();
    auto* list_command = runs.add_subcommand("list", "list runs, the latest first");
    list_command->fallthrough();
    list_command->add_option("--job", filter->job, "of this job alone")->type_name("JOB");
    list_command->add_option("--state", filter->state, "in this state alone")
        ->type_name("STATE")
        ->check(CLI::IsMember(
            {"running", "succeeded", "partial", "failed", "timed out", "stopped", "abandoned"}));
    list_command->add_option("--limit", filter->limit, "at most so many (default 20)")
        ->type_name("N")
        ->check(CLI::Range(1, 100'000));
    list_command->footer(
        "A run that was killed is abandoned once its lease has run out.\n"
        "\n"
        "Examples:\n"
        "  nightshift runs list\n"
        "  nightshift runs list --state failed --json");
    list_command->callback([&chosen, filter] {
        chosen = {"runs list", [filter](Session& session) { return list(session, *filter); }};
    });

    auto run_id = std::make_shared<std::string>();
    auto* show_command = runs.add_subcommand("show", "show one run, whole");
    show_command->fallthrough();
    show_command->add_option("RUN", *run_id, "the run's id, or how it alone begins")
        ->required()
        ->check(not_empty);
    show_command->footer(
        "Examples:\n"
        "  nightshift runs show 01KAMQ3V8Q6ZC0T9X3N5W7Y2B4\n"
        "  nightshift runs show 01KAMQ3V8Q6ZC0T9X3N5W7Y2B4 --json");
    show_command->callback([&chosen, run_id] {
        chosen = {"runs show", [run_id](Session& session) { return show(session, *run_id); }};
    });
}

}  // namespace nightshift::cmd
