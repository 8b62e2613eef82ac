// The schedule as lines of a crontab, and as pairs of a systemd service and a timer.
//
// A job's minute comes of a hash of host and job: it is the same each time, another on other hosts,
// and none of those that everybody's crontab has. The lines carry --once-per: a job that is started
// twice, on two hosts or in an hour that clocks repeat, does its work once. One more line,
// of 'runs catch-up', makes up for what was missed.
//
// cron goes by the clock of its machine, a schedule's at by NIGHTSHIFT_ZONE's. Where the two are
// not equally far apart all year a line takes the later time: a job must not come before what it is
// to look at is over. systemd is told the zone, and a time an hour later where clocks skip it: what
// falls into a gap it leaves out, where cron makes up for it.
#pragma once

#include "base/instant.hpp"
#include "jobs/schedule.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace nightshift::jobs {

struct CrontabOptions {
    std::string program;   // the absolute path of nightshift
    std::string user;      // as whom it runs
    std::string env_file;  // absolute; empty: none
    std::string host;
    std::string zone = "UTC";
    std::string cron_zone = "UTC";
};

struct PlannedJob {
    ScheduledJob job;
    std::string times;               // of a crontab: "17 * * * *"
    std::string calendar;            // of systemd: "*-*-* *:17:00 UTC"
    std::vector<std::string> words;  // the program and its arguments
    bool slides = false;             // for part of the year cron starts it in the next period
};

// now: the year that counts for zones begins here.
// Throws Error (configuration) for a zone that the machine does not know, for a time of the month
// that a crontab cannot say, and for a command with control characters.
std::vector<PlannedJob> plan(const std::vector<ScheduledJob>& schedule,
                             const CrontabOptions& options, Instant now);

// A file of /etc/cron.d: with the user in each line.
std::string cron_d_text(const std::vector<PlannedJob>& jobs, const CrontabOptions& options);

// A block for a user's own crontab, between two marks.
std::string user_block(const std::vector<PlannedJob>& jobs, const CrontabOptions& options);

// Somebody's crontab without our block; and with a block, where the old one stood, else at the end.
std::string without_block(std::string_view crontab);
std::string with_block(std::string_view crontab, const std::string& block);
// Our block alone; empty: there is none.
std::string block_of(std::string_view crontab);

struct Unit {
    std::string name;  // nightshift-check-streaks.timer
    std::string text;
};

std::vector<Unit> systemd_units(const std::vector<PlannedJob>& jobs, const CrontabOptions& options);

}  // namespace nightshift::jobs
