// How often in a row each check has not been well: between one look and the next, so that what
// passes by itself alarms nobody. What is kept is JSON:
//   {"schema_version": 1, "checks": {"redis.ping": {"times": 2,
//     "since": "2026-11-30T07:00:00Z"}}}
#pragma once

#include "base/instant.hpp"
#include "health/check.hpp"

#include <map>
#include <string>

namespace nightshift::health {

struct NotWell {
    int times = 0;  // in a row
    Instant since;
};
using NotWellChecks = std::map<std::string, NotWell>;  // by id

// Throws Error (data) for what is none.
NotWellChecks parse_not_well(const std::string& json, const std::string& origin);
std::string text_of(const NotWellChecks& checks);

// Counts this look, and lets what was not well for fewer times be healthy. What was not looked at
// keeps its count.
void alarm_after(int times, Report& report, NotWellChecks& checks, Instant now);

}  // namespace nightshift::health
