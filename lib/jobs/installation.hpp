// Where a schedule is installed on this machine, and how it gets there: a file in /etc/cron.d, a
// block in a user's crontab, or systemd's units. Ours are told from others by name and first line.
#pragma once

#include "jobs/crontab.hpp"
#include "jobs/crontab_check.hpp"

#include <map>
#include <string>
#include <vector>

namespace nightshift::jobs {

enum class Target { cron_d, user, systemd };

struct Place {
    Target target = Target::cron_d;
    std::string user;         // as whom the jobs run
    std::string folder = {};  // of cron.d or units; empty: the system's
};

// By name, what is to stand there; of a user's crontab one, our block.
using Files = std::map<std::string, std::string>;

Files wanted(const Place& place, const std::vector<PlannedJob>& jobs,
             const CrontabOptions& options);

// What stands there of ours. Throws Error (unavailable: crontab(1) is not there; data: it says no).
Files installed(const Place& place);

struct Change {
    std::vector<std::string> written;
    std::vector<std::string> removed;
    std::vector<std::string> backups;  // of what stood there; replaced by the next change
    std::vector<std::string> remarks;  // what is left to do, as where systemd does not run
};

// Makes it so, file by file; each is whole at any time. Files of ours that are not among these are
// removed: none at all uninstalls. Where systemd runs it is told each time. Throws Error (refused:
// one of the names is somebody else's, and nothing has changed; output; unavailable).
Change install(const Place& place, const Files& files);

// What the machine's own tools say: crontab -n, systemd-analyze verify and calendar. Any output of
// theirs is an error. Where a tool is not there a finding says so.
std::vector<Finding> verify(const Place& place, const Files& files);

// The whole of a user's crontab; empty: none.
std::string read_crontab(const std::string& user);

// Of this process.
std::string current_user();

}  // namespace nightshift::jobs
