// What is wrong with a crontab that cron takes without a word.
#pragma once

#include "base/instant.hpp"
#include "jobs/cron_times.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nightshift::jobs {

enum class CrontabKind {
    cron_d,  // a file of /etc/cron.d: each line names a user
    user,    // a user's own
};

struct Finding {
    bool is_error = true;  // the line does not do what it says; else it is worth a look
    std::size_t line = 0;  // 0: the whole
    std::string what;
    std::string fix;
};

// A command of nightshift's that a line starts.
struct Started {
    std::vector<std::string> words;                       // from its path on
    std::map<std::string, std::string> environment = {};  // NAME=value in front of it
    bool is_plain = true;  // as the line's user, in its folder, with no settings but these
};

struct CronEntry {
    std::size_t line = 0;
    std::string times;                               // as written
    std::optional<CronTimes> parsed = {};            // none: @reboot, or not to be read
    std::string user;                                // empty: whose crontab it is
    std::string command;                             // as the shell gets it
    std::vector<Started> started = {};               // of nightshift
    std::map<std::string, std::string> environment;  // set by lines above it
};

struct Crontab {
    std::vector<CronEntry> entries;
    std::vector<Finding> findings;  // of lines that cannot be read, or are cut
};

// Reads it as cron does.
Crontab parse_crontab(std::string_view text, CrontabKind kind);

// What a shell's line starts of nightshift: by itself, behind programs that start others (flock,
// timeout, env), in sh -c, and in lists and pipes. Nothing is expanded.
std::vector<Started> started_by(std::string_view command);

// A pair of systemd's units, as systemd_units() writes them. zone: of the times, where they are
// such as are written there.
CronEntry parse_units(std::string_view service, std::string_view timer, std::string& zone);

// Times of OnCalendar=, as systemd_units() writes them, with their zone.
std::optional<std::pair<CronTimes, std::string>> parse_calendar(const std::string& calendar);

// By what stands there alone: times that clocks skip or repeat in the zone of cron's clock within a
// year, days of month and week at once, and lines of nightshift without the options that make them
// safe.
std::vector<Finding> look_at(const CronEntry& entry, const std::string& cron_zone, Instant now);

// The shortest time between two ticks in the next two weeks; none: fewer than two.
std::optional<std::chrono::seconds> shortest_interval(const CronTimes& times,
                                                      const std::string& cron_zone, Instant now);

// Whether cron would read a file of that name in /etc/cron.d.
bool is_cron_d_name(std::string_view name);

}  // namespace nightshift::jobs
