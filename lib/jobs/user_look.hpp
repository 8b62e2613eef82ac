// What a line of a crontab would find: as its user, and with cron's few words of environment.
#pragma once

#include "jobs/crontab_check.hpp"

#include <string>
#include <vector>

namespace nightshift::jobs {

// Starts the line's own program, where that is this one, asking for settings instead of a job
// (nightshift crontab settings NAME...): so it must be there, that user must be able to run it,
// settings and files of secrets must be readable, and Postgres and Redis must let that user in.
// Where they are down it is no error. needs: names of settings. Another user's eyes take root.
std::vector<Finding> look_as_user(const CronEntry& entry, const std::string& user,
                                  const std::vector<std::string>& needs);

}  // namespace nightshift::jobs
