// What stands below `nightshift crontab`.
#pragma once

#include "commands.hpp"
#include "jobs/installation.hpp"
#include "jobs/schedule.hpp"

#include <optional>

#include <sys/types.h>

namespace nightshift::cmd {

// For which machine and user; what is empty has a default of its own.
struct CrontabChoice {
    std::string target;  // cron.d, user or systemd
    std::string user;
    std::string host;
    std::string cron_zone;
    std::string folder;
};

void add_crontab_print(CLI::App& crontab, Chosen& chosen);  // print and next
void add_crontab_validate(CLI::App& crontab, Chosen& chosen);
void add_crontab_install(CLI::App& crontab, Chosen& chosen);  // install, uninstall and diff
void add_crontab_settings(CLI::App& crontab, Chosen& chosen);

void add_target(CLI::App& command, CrontabChoice& choice);
void add_machine(CLI::App& command, CrontabChoice& choice);  // user, host and zone

// Throws Error (usage) where root does not say as whom the jobs are to run.
jobs::Place place_of(const CrontabChoice& choice);
jobs::CrontabOptions crontab_options(const Session& session, const CrontabChoice& choice);
std::string cron_zone_of(const Session& session, const CrontabChoice& choice);

// What the schedule makes of these.
jobs::Files wanted_files(const Session& session, const CrontabChoice& choice);

// Everything that is to be said of them, errors first. writer: as of UserLook.
std::vector<jobs::Finding> check_files(const Session& session, const CrontabChoice& choice,
                                       const jobs::Files& files, std::optional<uid_t> writer = 0);
std::string findings_text(const std::vector<jobs::Finding>& findings);
nlohmann::ordered_json findings_json(const std::vector<jobs::Finding>& findings);
bool has_errors(const std::vector<jobs::Finding>& findings);

}  // namespace nightshift::cmd
