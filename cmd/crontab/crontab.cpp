// nightshift crontab: the schedule as cron or systemd has it.
#include "base/text.hpp"
#include "jobs/cron_times.hpp"
#include "jobs/ledger.hpp"
#include "runs/subcommands.hpp"
#include "subcommands.hpp"

#include <filesystem>

#include <nlohmann/json.hpp>
#include <unistd.h>

namespace nightshift::cmd {
namespace {

jobs::Target target_of(const std::string& word) {
    if (word == "systemd") return jobs::Target::systemd;
    if (word == "user" || (word.empty() && ::geteuid() != 0)) return jobs::Target::user;
    return jobs::Target::cron_d;
}

// Whether these settings are there for whoever runs it, and let it in: crontab validate asks this
// as a line's user.
ExitCode try_settings(Session& session, const std::vector<std::string>& names) {
    std::string missing;
    for (const auto& name : names) {
        if (!session.settings.find_secret(name)) missing += (missing.empty() ? "" : ", ") + name;
    }
    if (!missing.empty()) {
        throw Error{Failure::configuration, "settings are missing: " + missing, "",
                    "put them into a file that this user may read, and name it by --env-file"};
    }
    for (const auto& name : names) {
        if (name == "DATABASE_URL") session.postgres();
        if (name == "REDIS_URL") session.redis("leaderboard:weekly");
    }
    session.output.result([] { return std::string{"all are there\n"}; },
                          [] { return nlohmann::ordered_json::object(); });
    return ExitCode::done;
}

}  // namespace

jobs::Place place_of(const CrontabChoice& choice) {
    if (choice.user.empty() && ::geteuid() == 0) {
        throw Error{Failure::usage, "as whom are the jobs to run?",
                    "root would be more than they need", "say it with --user NAME"};
    }
    return {target_of(choice.target), choice.user.empty() ? jobs::current_user() : choice.user,
            choice.folder};
}

std::string cron_zone_of(const CrontabChoice& choice) {
    return choice.cron_zone.empty() ? jobs::system_zone() : choice.cron_zone;
}

jobs::CrontabOptions crontab_options(const Session& session, const CrontabChoice& choice) {
    const auto& file = session.settings.file();
    const auto zone = session.settings.find("NIGHTSHIFT_ZONE").value_or("UTC");
    jobs::require_zone(zone);
    return {.program = std::filesystem::read_symlink("/proc/self/exe").string(),
            .user = place_of(choice).user,
            .env_file = file.empty() ? "" : std::filesystem::absolute(file).lexically_normal(),
            .host = choice.host.empty()
                        ? session.settings.find("NIGHTSHIFT_HOST").value_or(jobs::this_host())
                        : choice.host,
            .zone = zone,
            .cron_zone = cron_zone_of(choice)};
}

jobs::Files wanted_files(const Session& session, const CrontabChoice& choice) {
    const auto options = crontab_options(session, choice);
    return jobs::wanted(place_of(choice), jobs::plan(declared_schedule(session), options, now()),
                        options);
}

void add_target(CLI::App& command, CrontabChoice& choice) {
    command
        .add_option("--target", choice.target,
                    "where: /etc/cron.d (root's default), a user's crontab, or systemd's timers")
        ->type_name("cron.d|user|systemd")
        ->check(CLI::IsMember({"cron.d", "user", "systemd"}));
    command
        .add_option("--folder", choice.folder,
                    "of cron.d's file or systemd's units, where it is not the system's")
        ->type_name("FOLDER")
        ->check(CLI::ExistingDirectory);
    command.add_option("--user", choice.user, "as whom the jobs run (default: you, unless root)")
        ->type_name("NAME");
}

void add_machine(CLI::App& command, CrontabChoice& choice) {
    command
        .add_option("--host", choice.host,
                    "of which the minutes are a hash (default: this machine's name)")
        ->type_name("NAME");
    command
        .add_option("--cron-zone", choice.cron_zone,
                    "in which cron's clock is (default: this machine's)")
        ->type_name("ZONE");
}

void add_crontab_settings(CLI::App& crontab, Chosen& chosen) {
    auto names = std::make_shared<std::vector<std::string>>();
    auto* command = crontab.add_subcommand("settings", "try settings as whoever runs it");
    command->fallthrough();
    command->group("");  // hidden
    command->add_option("NAME", *names, "of a setting")->required();
    command->callback([&chosen, names] {
        chosen = {"crontab settings",
                  [names](Session& session) { return try_settings(session, *names); }};
    });
}

void add_crontab(CLI::App& app, Chosen& chosen) {
    auto* crontab = app.add_subcommand("crontab", "the schedule in cron or systemd");
    crontab->require_subcommand(0, 1);
    crontab->fallthrough();
    crontab->footer(
        "Examples:\n"
        "  nightshift crontab print\n"
        "  sudo nightshift crontab install --user app");
    add_crontab_print(*crontab, chosen);
    add_crontab_validate(*crontab, chosen);
    add_crontab_install(*crontab, chosen);
    add_crontab_settings(*crontab, chosen);
}

}  // namespace nightshift::cmd
