// argv in, exit code out: declare the commands, read the line, run the one that was named.
#include "base/instant.hpp"
#include "base/log.hpp"
#include "base/redaction.hpp"
#include "base/run_id.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "courier.hpp"
#include "health/formats.hpp"
#include "help.hpp"
#include "log_settings.hpp"
#include "signals.hpp"

#include <algorithm>
#include <csignal>
#include <iostream>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <unistd.h>

namespace nightshift::cmd {
namespace {

ExitCode refuse_usage(const CLI::App& app, const std::string& why, bool json) {
    const Output output{{.json = json,
                         .quiet = false,
                         .command = path_of(deepest(app)),
                         .run_id = new_run_id(now())}};
    output.failure(usage_error(app, why), ExitCode::usage);
    return ExitCode::usage;
}

// Who monitors reads standard output, and takes 64 for its own trouble.
bool is_for_nagios(const std::vector<std::string>& words) {
    const auto format = std::adjacent_find(words.begin(), words.end(),
                                           [](const std::string& one, const std::string& other) {
                                               return one == "--format" && other == "nagios";
                                           });
    const bool is_said = format != words.end() ||
                         std::find(words.begin(), words.end(), "--format=nagios") != words.end();
    return is_said && std::find(words.begin(), words.end(), "health") != words.end();
}

ExitCode show(const std::string& text) {
    std::cout << text << std::flush;
    if (std::cout) return ExitCode::done;
    log::error("cannot write to standard output");
    return ExitCode::output;
}

ExitCode run(const GlobalOptions& global, const Chosen& chosen, bool for_nagios) {
    const auto run_id = new_run_id(now());
    const Output output{
        {.json = global.json, .quiet = global.quiet, .command = chosen.command, .run_id = run_id}};
    const std::stop_source stopping;
    const SignalWatch signals{stopping};
    const auto configure_log = [&](const config::Settings& settings) {
        log::configure({.level = log_level(global.verbose, global.quiet, settings),
                        .format = log_format(global.log_format, settings),
                        .command = chosen.command,
                        .run_id = run_id,
                        .filter = redacted});
    };
    const auto fail = [&](const Error& error) {
        if (for_nagios) {
            show(nagios_unknown(error));
            return ExitCode::could_not_tell;
        }
        const auto code = exit_code(error.failure, signals.signal());
        output.failure(error, code);
        return code;
    };
    try {
        configure_log({});  // by the environment alone, until the settings file is read
        auto settings = config::Settings::load(global.env_file);
        configure_log(settings);
        Session session{chosen.command,
                        run_id,
                        stopping,
                        stopping.get_token(),
                        [&signals] { return signals.signal(); },
                        std::nullopt,
                        std::move(settings),
                        output};
        return chosen.run(session);
    } catch (const Error& error) {
        return fail(error);
    } catch (const std::exception& error) {
        return fail({Failure::internal, "nightshift met something it did not expect", error.what(),
                     "this is a bug: report it with the run id " + run_id});
    }
}

// A closed standard descriptor would be given to the next file or socket that is opened, and our
// result be written into it. A descriptor that can only be read stands in: a write to it fails.
void occupy_standard_descriptors() {
    for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(descriptor, F_GETFD) < 0) ::open("/dev/null", O_RDONLY);
    }
}

ExitCode main(int argc, char** argv) {
    occupy_standard_descriptors();
    std::signal(SIGCHLD, SIG_DFL);  // ignored, the end of a program that we start would be lost
    CLI::App app;
    GlobalOptions global;
    Chosen chosen;
    declare(app, global, chosen);

    // `help migrate up` is `migrate up --help`.
    std::vector<std::string> words{argv + 1, argv + argc};
    std::size_t help_words = 0;
    if (!words.empty() && words.front() == "help") {
        words.erase(words.begin());
        help_words = words.size();
        words.emplace_back("--help");
    }
    // What no user calls.
    if (!words.empty() && words.front() == "__courier") return carry();
    if (!words.empty() && words.front() == "__complete") {
        for (const auto& word : next_words(app, {words.begin() + 1, words.end()})) {
            std::cout << word << "\n";
        }
        return ExitCode::done;
    }
    // A line that cannot be parsed leaves the options unread.
    const bool json = std::find(words.begin(), words.end(), "--json") != words.end();
    const bool nothing_asked = words.empty();
    const bool for_nagios = is_for_nagios(words);
    std::reverse(words.begin(), words.end());  // as CLI11 takes them
    try {
        app.parse(words);
    } catch (const CLI::CallForHelp&) {
        const auto path = path_of(deepest(app));
        const auto found = path.empty() ? 0 : std::count(path.begin(), path.end(), ' ') + 1;
        if (help_words > static_cast<std::size_t>(found)) {
            return refuse_usage(app, "there is no such command to help with", json);
        }
        return show(deepest(app).help());
    } catch (const CLI::CallForVersion& version) {
        return show(version.what() + std::string{"\n"});
    } catch (const CLI::ParseError& error) {
        if (!for_nagios) return refuse_usage(app, words_of(app, error), json);
        show(nagios_unknown({Failure::usage, words_of(app, error)}));
        return ExitCode::could_not_tell;
    }
    if (nothing_asked) return show(app.help());
    if (!chosen.run) {
        // A crontab line that forgot a word must not succeed every night.
        const auto command = path_of(deepest(app));
        return refuse_usage(app, "which command" + (command.empty() ? "" : " of " + command) + "?",
                            json);
    }
    return run(global, chosen, for_nagios);
}

}  // namespace
}  // namespace nightshift::cmd

int main(int argc, char** argv) { return static_cast<int>(nightshift::cmd::main(argc, argv)); }
