#include "commands.hpp"

#include "help.hpp"

#include <algorithm>

namespace nightshift::cmd {

void declare(CLI::App& app, GlobalOptions& global, Chosen& chosen) {
    app.name("nightshift");
    app.description(
        "nightshift does the nightly work of a learning app's backend, directly on its\n"
        "Postgres, Redis, object store and providers of messages.");
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
    add_check_streaks(app, chosen);
    add_send_reminders(app, chosen);
    add_notifications(app, chosen);
    add_templates(app, chosen);
    add_upload_media(app, chosen);
    add_media(app, chosen);
    add_runs(app, chosen);
    add_crontab(app, chosen);
    add_health(app, chosen);
    add_cost_report(app, chosen);
    add_prices(app, chosen);
    add_config(app, chosen);
    add_completion(app, chosen);
}

std::string objection_to(std::vector<std::string> words, bool goes_on) {
    CLI::App app;
    GlobalOptions global;
    Chosen chosen;
    declare(app, global, chosen);
    std::reverse(words.begin(), words.end());  // as CLI11 takes them
    try {
        app.parse(words);
    } catch (const CLI::Success&) {  // help, or the version
        return "";
    } catch (const CLI::ParseError& error) {
        const bool may_come = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr ||
                              dynamic_cast<const CLI::RequiresError*>(&error) != nullptr;
        return goes_on && may_come ? "" : words_of(app, error);
    } catch (const Error& error) {
        return error.what();
    }
    return chosen.run || goes_on ? "" : "which command?";
}

}  // namespace nightshift::cmd
