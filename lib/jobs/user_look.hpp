// What a line of a crontab would find: as its user, and with cron's few words of environment.
#pragma once

#include "base/process.hpp"
#include "jobs/crontab_check.hpp"

#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace nightshift::jobs {

struct SettingsLook {
    std::vector<std::string> needs = {};           // without which it cannot run
    std::map<std::string, std::string> same = {};  // that the times were made by; empty: not set
    std::vector<std::string> also = {};            // that are set here, and may be meant
};

// Whether this machine has such a user.
std::vector<Finding> look_for_user(const CronEntry& entry, const std::string& user);

// Whether this very program is started.
bool is_this_program(const CronEntry& entry, const Started& started);

class UserLook {
  public:
    // writer: who has written the lines, and may make their users do what stands there, as by
    // LD_PRELOAD: root, a user for their own lines alone, or nobody who can be told.
    explicit UserLook(std::stop_token stop, std::optional<uid_t> writer = 0)
        : stop_{std::move(stop)}, writer_{writer} {}

    // Starts the line's own program, where that is this one, asking for settings instead of a job
    // (nightshift crontab settings): so it must be there, that user must be able to run it,
    // settings and files of secrets must be readable, and Postgres and Redis must let that user
    // in. Where they are down it is no error. Another user's eyes take root. The same look is
    // taken once. Throws Error (interrupted) at a stop.
    std::vector<Finding> look(const CronEntry& entry, const Started& started,
                              const std::string& user, const SettingsLook& settings);

  private:
    using Key = std::pair<std::vector<std::string>, std::vector<std::string>>;

    std::stop_token stop_;
    std::optional<uid_t> writer_;
    std::map<Key, ProgramResult> seen_;
};

}  // namespace nightshift::jobs
