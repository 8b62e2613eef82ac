// nightshift health: whether all that the jobs stand on is well, in the words of whoever asks.
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "health/describe.hpp"
#include "health/formats.hpp"
#include "health/probes.hpp"
#include "jobs/lease.hpp"
#include "shared_options.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <thread>

namespace nightshift::cmd {
namespace {

using namespace std::chrono_literals;
using health::Level;
using health::Report;
using health::Status;

constexpr auto budget = 8s;  // below the ten seconds that who calls a check gives it
constexpr auto between_looks = 1s;

const std::map<std::string, Level> levels{
    {"quick", Level::quick}, {"standard", Level::standard}, {"deep", Level::deep}};

struct Options {
    HealthChoice choice;
    std::string format;                // empty: for people, or --json
    std::vector<std::string> reports;  // FORMAT=FILE
    bool lists = false;
    std::string explained;
    bool prints_grants = false;
    bool only_unhealthy = false;  // fails
    std::int64_t wait = 0;        // s
};

HealthFacts facts_of(const Session& session) {
    return {format_instant(now()), session.settings.find("ENVIRONMENT").value_or("development"),
            session.settings.find("NIGHTSHIFT_HOST").value_or(jobs::this_host())};
}

// Until it is healthy, or the time is over.
Report look(const Session& session, const Options& options, const health::Wanted& wanted) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{options.wait};
    while (true) {
        auto report = health::run_probes(probes_of(session, wanted), budget, session.stop);
        const auto status = report.status();
        const bool is_well =
            status == Status::healthy || (status == Status::degraded && options.only_unhealthy);
        if (is_well || std::chrono::steady_clock::now() + between_looks > until) return report;
        std::this_thread::sleep_for(between_looks);
    }
}

bool wants(const Options& options, const std::string& format) {
    const auto& reports = options.reports;
    return options.format == format ||
           std::any_of(reports.begin(), reports.end(),
                       [&](const std::string& each) { return each.starts_with(format + "="); });
}

void write_reports(const Session& session, const Options& options, const Report& report,
                   const HealthFacts& facts) {
    for (const auto& each : options.reports) {
        const auto equals = each.find('=');
        write_file(each.substr(equals + 1), formatted(each.substr(0, equals), report, facts), 0644);
    }
    // GitHub's own file, to which each step adds.
    const auto summary = session.settings.find("GITHUB_STEP_SUMMARY");
    if (!summary || !wants(options, "github")) return;
    std::ofstream file{*summary, std::ios::app};
    file << step_summary(report) << std::flush;
    if (!file)
        throw Error{Failure::output, "cannot write " + excerpt(*summary, 200),
                    "GITHUB_STEP_SUMMARY names it"};
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

ExitCode run(Session& session, const Options& options) {
    if (options.lists) return list_checks(session);
    if (!options.explained.empty()) return explain_check(session, options.explained);
    if (options.prints_grants) return print_grants(session);
    const auto report = look(session, options, wanted_checks(options.choice));
    const auto facts = facts_of(session);
    const auto code = exit_of(report.status(), options.only_unhealthy);
    if (options.format.empty()) {
        session.output.result([&] { return human(report, facts); },
                              [&] { return to_json(report, facts); }, code == 0);
    } else {
        std::cout << formatted(options.format, report, facts) << std::flush;
        if (!std::cout) throw Error{Failure::output, "cannot write to standard output"};
    }
    write_reports(session, options, report, facts);
    // Threads that hang in the C library cannot be waited for.
    if (report.has_stuck) std::_Exit(code);
    return static_cast<ExitCode>(code);
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
    command->add_option("--level", options->choice.level, "quick, standard (default) or deep")
        ->type_name("LEVEL")
        ->transform(CLI::Transformer(levels))
        ->option_text("quick|standard|deep");
    command
        ->add_option("--only", options->choice.only,
                     "these checks alone; database is all of its own")
        ->type_name("ID");
    command->add_option("--skip", options->choice.skip, "all but these")->type_name("ID");
    std::vector<std::string> categories;
    for (const auto& each : health::checks()) {
        if (std::find(categories.begin(), categories.end(), each.category) == categories.end())
            categories.push_back(each.category);
    }
    command->add_option("--category", options->choice.categories, "checks of this category alone")
        ->type_name("NAME")
        ->check(CLI::IsMember(categories));
    command
        ->add_option("--warn", options->choice.warn,
                     "degraded outside of this range: 10, 10:, ~:10, 10:20 or @10:20")
        ->type_name("ID=RANGE");
    command->add_option("--crit", options->choice.crit, "unhealthy outside of this range")
        ->type_name("ID=RANGE");
    command
        ->add_option("--format", options->format,
                     "human, json, health+json, nagios, prometheus, junit or github")
        ->type_name("FORMAT")
        ->check(CLI::IsMember(health_formats()));
    command->add_option("--report", options->reports, "write the report to a file, too")
        ->type_name("FORMAT=FILE")
        ->check(is_report);
    command->add_option("--wait", options->wait, "look again until it is healthy, so many seconds")
        ->type_name("SECONDS")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{86'400}));
    command
        ->add_option_function<std::string>(
            "--fail-on",
            [options](const std::string& what) { options->only_unhealthy = what == "unhealthy"; },
            "degraded (default) or unhealthy: from which status on it fails")
        ->type_name("STATUS")
        ->check(CLI::IsMember({"degraded", "unhealthy"}));
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
        chosen = {"health", [options](Session& session) {
                      if (options->format != "nagios") return run(session, *options);
                      try {
                          return run(session, *options);
                      } catch (const Error& error) {
                          std::cout << nagios_unknown(error.what() + (": " + error.cause));
                          return ExitCode::could_not_tell;
                      }
                  }};
    });
}

}  // namespace nightshift::cmd
