// When each job is to run: one JSON file, against which missed periods are told and crontabs made.
//   {"schema_version": 1, "jobs": [{"job": "recompute-leaderboard/weekly",
//     "command": ["recompute-leaderboard", "--period", "weekly"], "every": "hour",
//     "missed": "latest"}]}
// every: quarter-hour, hour, day, week or month. at: how long after the period's begin, on the
// clock of its zone: "6 days 23:00", "02:30"; it is for those who make a crontab, and what was
// missed is told by whole periods. missed: what a catch-up does with periods that went by: latest
// (only the latest of them), one pass (one run makes up for all), each (every one, oldest first),
// never. needs: the names of settings without which the command cannot work, where it is not
// DATABASE_URL alone: for those who check a crontab. where_any: settings of which one must be there,
// else this host's schedule is without the job; where nothing is said it always has it.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace nightshift::jobs {

enum class Missed { latest, one_pass, each, never };

std::string_view name(Missed policy);

struct ScheduledJob {
    std::string job;
    std::vector<std::string> command;  // of nightshift, without the options of the ledger
    std::string every;
    std::chrono::minutes at{0};
    Missed missed = Missed::latest;
    std::vector<std::string> needs{"DATABASE_URL"};  // settings that its command cannot do without
    std::vector<std::string> where_any = {};         // of which one makes it part of a schedule
};

// The product's own, as JSON.
std::string_view default_schedule();

// How long a period is at least: quarter-hour, hour, day, week, month (28 days).
std::chrono::minutes shortest(const std::string& unit);

// Throws Error (configuration), naming the job and the field.
std::vector<ScheduledJob> parse_schedule(std::string_view json, const std::string& origin);

}  // namespace nightshift::jobs
