// nightshift health: whether all that the jobs stand on is well, in the words of whoever asks.
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "health/describe.hpp"
#include "health/formats.hpp"
#include "health/look.hpp"
#include "jobs/lease.hpp"
#include "shared_options.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>

namespace nightshift::cmd {
namespace {

using health::Level;
using health::Report;
using health::Status;

const std::map<std::string, Level> levels{
    {"quick", Level::quick}, {"standard", Level::standard}, {"deep", Level::deep}};

struct Options {
    LookOptions look;
    std::string format;                // empty: for people, or --json
    std::vector<std::string> reports;  // FORMAT=FILE
    bool lists = false;
    std::string explained;
    bool prints_grants = false;
};

// A url that is none is told by its check.
std::string redis_of(const Session& session) {
    try {
        return session.settings.has("REDIS_URL") ? session.redis_address().where() : "";
    } catch (const Error&) {
        return {};
    }
}

HealthFacts facts_of(const Session& session) {
    return {format_instant(std::chrono::floor<std::chrono::seconds>(now())),
            session.settings.find("ENVIRONMENT").value_or("development"),
            session.settings.find("NIGHTSHIFT_HOST").value_or(jobs::this_host()),
            redis_of(session)};
}

bool wants(const Options& options, const std::string& format) {
    const auto& reports = options.reports;
    return options.format == format ||
           std::any_of(reports.begin(), reports.end(),
                       [&](const std::string& each) { return each.starts_with(format + "="); });
}

// What a report could not be written for is said, and keeps none of the others from being written.
std::optional<Error> write_reports(const Session& session, const Options& options,
                                   const Report& report, const HealthFacts& facts) {
    std::optional<Error> first;
    const auto tried = [&](const std::function<void()>& write) {
        try {
            write();
        } catch (const Error& error) {
            if (first) session.output.explain(error);
            if (!first) first = error;
        }
    };
    for (const auto& each : options.reports) {
        const auto equals = each.find('=');
        tried([&] {
            write_file(each.substr(equals + 1), formatted(each.substr(0, equals), report, facts),
                       0644);
        });
    }
    // GitHub's own file, to which each step adds.
    const auto summary = session.settings.find("GITHUB_STEP_SUMMARY");
    if (summary && wants(options, "github")) {
        tried([&] {
            std::ofstream file{*summary, std::ios::app};
            file << step_summary(report) << std::flush;
            if (!file)
                throw Error{Failure::output, "cannot write " + excerpt(*summary, 200),
                            "GITHUB_STEP_SUMMARY names it"};
        });
    }
    return first;
}

int exit_of(Status status, bool only_unhealthy) {
    switch (status) {
        case Status::degraded:
            return only_unhealthy ? 0 : 1;
        case Status::unhealthy:
            return 2;
        case Status::unknown:
            return 3;
        default:
            return 0;
    }
}

ExitCode tell(Session& session, const Options& options, const Report& report) {
    const auto facts = facts_of(session);
    const auto code = exit_of(report.status(), options.look.only_unhealthy);
    if (options.format.empty()) {
        session.output.result([&] { return human(report, facts); },
                              [&] { return to_json(report, facts); }, code == 0,
                              Secrets::none_left);
    } else {
        std::cout << formatted(options.format, report, facts) << std::flush;
        if (!std::cout) throw Error{Failure::output, "cannot write to standard output"};
    }
    const auto unwritten = write_reports(session, options, report, facts);
    if (!unwritten) return static_cast<ExitCode>(code);
    if (code == 0 && options.format != "nagios") throw Error{*unwritten};
    session.output.explain(*unwritten);  // the verdict stands
    return static_cast<ExitCode>(code);
}

ExitCode run(Session& session, const Options& options) {
    if (options.lists) return list_checks(session);
    if (!options.explained.empty()) return explain_check(session, options.explained);
    if (options.prints_grants) return print_grants(session);
    bool has_stuck = false;  // threads, in the C library: they cannot be waited for
    auto code = ExitCode::done;
    try {
        code = tell(session, options, look(session, options.look, has_stuck));
    } catch (const Error& error) {
        if (!has_stuck) throw;
        code = exit_code(error.failure, session.signal());
        session.output.failure(error, code);
        if (options.format == "nagios") {
            std::cout << nagios_unknown(error) << std::flush;
            code = ExitCode::could_not_tell;
        }
    }
    if (has_stuck) std::_Exit(static_cast<int>(code));
    return code;
}

std::string is_report(const std::string& text) {
    const auto& known = health_formats();
    const auto equals = text.find('=');
    const bool is_one =
        equals != std::string::npos && equals + 1 < text.size() &&
        std::find(known.begin(), known.end(), text.substr(0, equals)) != known.end();
    return is_one ? "" : "it must be FORMAT=FILE, such as junit=health.xml";
}

}  // namespace

void add_health(CLI::App& app, Chosen& chosen) {
    auto* command = app.add_subcommand("health", "say whether all that jobs stand on is well");
    command->fallthrough();
    auto options = std::make_shared<Options>();
    command
        ->add_option_function<std::string>(
            "--level",
            [options](const std::string& name) { options->look.choice.level = levels.at(name); },
            "quick, standard (default) or deep")
        ->type_name("LEVEL")
        ->check(CLI::IsMember({"quick", "standard", "deep"}));
    command
        ->add_option("--only", options->look.choice.only,
                     "these checks alone; database is all of its own")
        ->type_name("ID");
    command->add_option("--skip", options->look.choice.skip, "all but these")->type_name("ID");
    std::vector<std::string> categories;
    for (const auto& each : health::checks()) {
        if (std::find(categories.begin(), categories.end(), each.category) == categories.end())
            categories.push_back(each.category);
    }
    command
        ->add_option("--category", options->look.choice.categories, "checks of this category alone")
        ->type_name("NAME")
        ->check(CLI::IsMember(categories));
    command
        ->add_option("--warn", options->look.choice.warn,
                     "degraded outside of this range: 10, 10:, ~:10, 10:20 or @10:20")
        ->type_name("ID=RANGE");
    command->add_option("--crit", options->look.choice.crit, "unhealthy outside of this range")
        ->type_name("ID=RANGE");
    command
        ->add_option("--format", options->format,
                     "human, json, health+json, nagios, prometheus, junit or github")
        ->type_name("FORMAT")
        ->check(CLI::IsMember(health_formats()));
    command->add_option("--report", options->reports, "write the report to a file, too")
        ->type_name("FORMAT=FILE")
        ->check(is_report);
    command
        ->add_option("--wait", options->look.wait,
                     "look again until it is healthy, so many seconds")
        ->type_name("SECONDS")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{86'400}));
    command
        ->add_option_function<std::string>(
            "--fail-on",
            [options](const std::string& what) {
                options->look.only_unhealthy = what == "unhealthy";
            },
            "degraded (default) or unhealthy: from which status on it fails")
        ->type_name("STATUS")
        ->check(CLI::IsMember({"degraded", "unhealthy"}));
    auto* state = command
                      ->add_option("--state", options->look.state,
                                   "where --in-a-row counts, of each monitor's own")
                      ->type_name("FILE")
                      ->check(not_empty);
    auto* times = command
                      ->add_option("--in-a-row", options->look.times,
                                   "a check alarms when it was bad so many times in a row")
                      ->type_name("N")
                      ->check(CLI::Range(1, 1000))
                      ->needs(state)
                      ->excludes("--wait");
    state->needs(times);
    command->add_flag("--list", options->lists, "list the checks");
    command
        ->add_option("--explain", options->explained, "say what a check looks at, and what to do")
        ->type_name("ID");
    command->add_flag("--print-grants", options->prints_grants,
                      "print the SQL that lets a role look at everything");
    command->footer(
        "Exit 0 healthy, 1 degraded, 2 unhealthy, 3 unknown. Nothing is sent.\n"
        "\n"
        "Examples:\n"
        "  nightshift health\n"
        "  nightshift health --level quick --format nagios\n"
        "  nightshift health --wait 60 --report junit=health.xml");
    command->callback([&chosen, options] {
        chosen = {"health", [options](Session& session) { return run(session, *options); }};
    });
}

}  // namespace nightshift::cmd
