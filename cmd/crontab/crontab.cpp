// nightshift crontab: the schedule as cron or systemd has it.
#include "base/log.hpp"
#include "base/text.hpp"
#include "jobs/cron_times.hpp"
#include "jobs/ledger.hpp"
#include "runs/subcommands.hpp"
#include "subcommands.hpp"

#include <filesystem>

#include <unistd.h>

namespace nightshift::cmd {
namespace {

jobs::Target target_of(const std::string& word) {
    if (word == "systemd") return jobs::Target::systemd;
    if (word == "user" || (word.empty() && ::geteuid() != 0)) return jobs::Target::user;
    return jobs::Target::cron_d;
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

std::string cron_zone_of(const Session& session, const CrontabChoice& choice) {
    // systemd is told the schedule's zone; its clock is any.
    if (place_of(choice).target == jobs::Target::systemd) return session.zone();
    return choice.cron_zone.empty() ? jobs::system_zone() : choice.cron_zone;
}

jobs::CrontabOptions crontab_options(const Session& session, const CrontabChoice& choice) {
    const auto& file = session.settings.file();
    const auto zone = session.zone();
    jobs::require_zone(zone);
    return {.program = std::filesystem::read_symlink("/proc/self/exe").string(),
            .user = place_of(choice).user,
            .env_file = file.empty() ? "" : std::filesystem::absolute(file).lexically_normal(),
            .host = choice.host.empty()
                        ? session.settings.find("NIGHTSHIFT_HOST").value_or(jobs::this_host())
                        : choice.host,
            .zone = zone,
            .cron_zone = cron_zone_of(session, choice)};
}

jobs::Files wanted_files(const Session& session, const CrontabChoice& choice) {
    const auto options = crontab_options(session, choice);
    const auto place = place_of(choice);
    const auto say = [](const jobs::ScheduledJob& job) {
        std::string names;
        for (const auto& each : job.where_any) names += (names.empty() ? "" : ", ") + each;
        log::info("left out of the schedule: none of its settings is there",
                  {{"job", job.job}, {"settings", names}});
    };
    const auto planned = jobs::plan(declared_schedule(session, say), options, now());
    for (const auto& each : planned) {
        if (!each.slides || place.target == jobs::Target::systemd) continue;
        log::warning(
            "for part of the year cron starts it in the next period: 'runs catch-up' makes up for "
            "the one that it misses where the clocks change; systemd does not need that",
            {{"job", each.job.job}, {"zone", options.zone}, {"cron_zone", options.cron_zone}});
    }
    return jobs::wanted(place, planned, options);
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
