// What a line of a crontab would find: as its user, and with cron's few words of environment.
#pragma once

#include "jobs/crontab_check.hpp"

#include <map>
#include <string>
#include <vector>

namespace nightshift::jobs {

struct SettingsLook {
    std::vector<std::string> needs = {};           // without which it cannot run
    std::map<std::string, std::string> same = {};  // that the times were made by; empty: not set
    std::vector<std::string> also = {};            // that are set here, and may be meant
};

// Whether the entry starts this very program.
bool is_this_program(const CronEntry& entry);

// Starts the line's own program, where that is this one, asking for settings instead of a job
// (nightshift crontab settings): so it must be there, that user must be able to run it, settings
// and files of secrets must be readable, and Postgres and Redis must let that user in. Where they
// are down it is no error. Another user's eyes take root. Of lines that do not start nightshift,
// whether there is such a user.
std::vector<Finding> look_as_user(const CronEntry& entry, const std::string& user,
                                  const SettingsLook& settings);

}  // namespace nightshift::jobs
