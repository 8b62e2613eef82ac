// argv in, exit code out: declare the commands, read the line, run the one that was named.
#include "base/instant.hpp"
#include "base/log.hpp"
#include "base/run_id.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "config/redaction.hpp"
#include "help.hpp"
#include "signals.hpp"

#include <algorithm>
#include <iostream>
#include <map>

#include <CLI/CLI.hpp>
#include <unistd.h>

namespace nightshift::cmd {
namespace {

struct GlobalOptions {
    bool json = false;
    bool quiet = false;
    bool verbose = false;
    bool no_color = false;
    std::string env_file;
    std::string log_format;
};

void declare(CLI::App& app, GlobalOptions& global, Chosen& chosen) {
    app.name("nightshift");
    app.description(
        "nightshift does the nightly work of a learning app's backend, directly on its\n"
        "Postgres and Redis.");
    app.formatter(help_formatter());
    app.set_help_flag("-h,--help", "show this help and exit");
    app.set_version_flag("-V,--version", "nightshift " NIGHTSHIFT_VERSION,
                         "show the version and exit");
    app.add_flag("--json", global.json, "print the result as one JSON document");
    app.add_flag("-q,--quiet", global.quiet, "print nothing on success");
    app.add_flag("-v,--verbose", global.verbose, "log each step");
    app.add_flag("--no-color", global.no_color, "no colour (nightshift prints none so far)");
    app.add_option("--env-file", global.env_file,
                   "read settings from this file instead of ./.env or "
                   "/etc/nightshift/nightshift.env")
        ->type_name("FILE");
    app.add_option("--log-format", global.log_format,
                   "auto (plain on a terminal, else json), plain or json; LOG_FORMAT sets it too")
        ->type_name("FORMAT")
        ->check(CLI::IsMember({"auto", "plain", "json"}));
    app.require_subcommand(0, 1);
    app.footer(
        "Examples:\n"
        "  nightshift migrate up\n"
        "  nightshift import-attempts attempts.csv.gz --create-users --create-questions\n"
        "  nightshift recompute-leaderboard --period weekly\n"
        "  nightshift leaderboard top --period weekly\n"
        "\n"
        "Settings come from the environment: DATABASE_URL, REDIS_URL. nightshift(1) has the\n"
        "exit codes.");

    add_migrate(app, chosen);
    add_import_attempts(app, chosen);
    add_recompute_leaderboard(app, chosen);
    add_leaderboard(app, chosen);
    add_completion(app, chosen);
}

const CLI::App& deepest(const CLI::App& app) {
    const auto named = app.get_subcommands();
    return named.empty() ? app : deepest(*named.front());
}

ExitCode refuse_usage(const CLI::App& app, const CLI::ParseError& error) {
    const auto& where = deepest(app);
    std::cerr << "nightshift: " << error.what() << "\n";
    for (const auto& word : app.remaining(true)) {
        const auto meant = closest(word, known_words(where));
        if (!meant.empty()) std::cerr << "  fix: did you mean " << meant << "?\n";
    }
    std::string path = "nightshift";
    std::vector<std::string> names;
    for (const auto* level = &where; level->get_parent() != nullptr; level = level->get_parent()) {
        names.insert(names.begin(), level->get_name());
    }
    for (const auto& name : names) path += " " + name;
    std::cerr << "  see: " << path << " --help\n";
    return ExitCode::usage;
}

log::Level log_level(const GlobalOptions& global, const config::Settings& settings) {
    static const std::map<std::string, log::Level> levels{{"debug", log::Level::debug},
                                                          {"info", log::Level::info},
                                                          {"warning", log::Level::warning},
                                                          {"error", log::Level::error}};
    if (global.verbose) return log::Level::debug;
    if (global.quiet) return log::Level::warning;
    const auto wanted = levels.find(lowered(settings.find("LOG_LEVEL").value_or("")));
    return wanted == levels.end() ? log::Level::info : wanted->second;
}

// Plain on a terminal, JSON lines elsewhere, unless the flag or LOG_FORMAT says otherwise.
log::Format log_format(const GlobalOptions& global, const config::Settings& settings) {
    auto wanted = global.log_format;
    if (wanted.empty()) wanted = settings.find("LOG_FORMAT").value_or("auto");
    if (wanted == "plain") return log::Format::plain;
    if (wanted == "json") return log::Format::json;
    return ::isatty(STDERR_FILENO) != 0 ? log::Format::plain : log::Format::json;
}

ExitCode run(const GlobalOptions& global, const Chosen& chosen) {
    const auto run_id = new_run_id(now());
    const Output output{
        {.json = global.json, .quiet = global.quiet, .command = chosen.command, .run_id = run_id}};
    const SignalWatch signals;
    const auto configure_log = [&](const config::Settings& settings) {
        log::configure({.level = log_level(global, settings),
                        .format = log_format(global, settings),
                        .command = chosen.command,
                        .run_id = run_id,
                        .filter = config::redacted});
    };
    configure_log({});  // until the settings file is read
    const auto fail = [&](const Error& error) {
        const auto code = exit_code(error.failure, signals.signal());
        output.failure(error, code);
        return code;
    };
    try {
        auto settings = config::Settings::load(global.env_file);
        configure_log(settings);
        Session session{chosen.command, run_id, signals.token(), std::move(settings), output};
        return chosen.run(session);
    } catch (const Error& error) {
        return fail(error);
    } catch (const std::exception& error) {
        return fail({Failure::internal, "nightshift met something it did not expect", error.what(),
                     "this is a bug: report it with the run id " + run_id});
    }
}

ExitCode main(int argc, char** argv) {
    CLI::App app;
    GlobalOptions global;
    Chosen chosen;
    declare(app, global, chosen);

    // `help migrate up` is `migrate up --help`.
    std::vector<std::string> words{argv + 1, argv + argc};
    if (!words.empty() && words.front() == "help") {
        words.erase(words.begin());
        words.emplace_back("--help");
    }
    if (!words.empty() && words.front() == "__complete") {
        for (const auto& word : next_words(app, {words.begin() + 1, words.end()})) {
            std::cout << word << "\n";
        }
        return ExitCode::done;
    }
    std::reverse(words.begin(), words.end());  // as CLI11 takes them
    try {
        app.parse(words);
    } catch (const CLI::CallForHelp&) {
        std::cout << deepest(app).help() << std::flush;
        return std::cout ? ExitCode::done : ExitCode::output;
    } catch (const CLI::CallForVersion& version) {
        std::cout << version.what() << "\n" << std::flush;
        return std::cout ? ExitCode::done : ExitCode::output;
    } catch (const CLI::ParseError& error) {
        return refuse_usage(app, error);
    }
    if (!chosen.run) {
        std::cout << deepest(app).help() << std::flush;
        return std::cout ? ExitCode::done : ExitCode::output;
    }
    return run(global, chosen);
}

}  // namespace
}  // namespace nightshift::cmd

int main(int argc, char** argv) { return static_cast<int>(nightshift::cmd::main(argc, argv)); }
