// The list of commands, in the order of the help. Each add_ declares one command's options on
// the app and stores, when that command is named, what is to be run; it runs nothing itself.
#pragma once

#include "session.hpp"

#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace nightshift::cmd {

struct GlobalOptions {
    bool json = false;
    bool quiet = false;
    bool verbose = false;
    bool no_color = false;
    std::string env_file;
    std::string log_format;
};

struct Chosen {
    std::string command;  // "migrate up"; empty: none was named
    std::function<ExitCode(Session&)> run;
};

void add_migrate(CLI::App& app, Chosen& chosen);
void add_import_attempts(CLI::App& app, Chosen& chosen);
void add_recompute_leaderboard(CLI::App& app, Chosen& chosen);
void add_leaderboard(CLI::App& app, Chosen& chosen);
void add_check_streaks(CLI::App& app, Chosen& chosen);
void add_send_reminders(CLI::App& app, Chosen& chosen);
void add_notifications(CLI::App& app, Chosen& chosen);
void add_templates(CLI::App& app, Chosen& chosen);
void add_upload_media(CLI::App& app, Chosen& chosen);
void add_media(CLI::App& app, Chosen& chosen);
void add_runs(CLI::App& app, Chosen& chosen);
void add_crontab(CLI::App& app, Chosen& chosen);
void add_health(CLI::App& app, Chosen& chosen);
void add_cost_report(CLI::App& app, Chosen& chosen);
void add_prices(CLI::App& app, Chosen& chosen);
void add_config(CLI::App& app, Chosen& chosen);
void add_completion(CLI::App& app, Chosen& chosen);

// All of them, and the options of every command.
void declare(CLI::App& app, GlobalOptions& global, Chosen& chosen);

// Why these words would run nothing; empty: they would. goes_on: more words come.
std::string objection_to(std::vector<std::string> words, bool goes_on = false);

// What can stand after these words of a command line: for the completion scripts.
std::vector<std::string> next_words(const CLI::App& app, const std::vector<std::string>& words);

}  // namespace nightshift::cmd
