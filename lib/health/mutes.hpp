// What is known to be bad, and until when nobody wants to hear of it: one JSON file.
//   {"schema_version": 1, "mutes": [{"check": "database.dead_tuples",
//     "until": "2026-12-06T06:00:00Z", "reason": "VACUUM FULL on Sunday"}]}
// check: database is all of its own. Each has an end and a reason.
#pragma once

#include "base/instant.hpp"
#include "health/check.hpp"

#include <string>
#include <vector>

namespace nightshift::health {

struct Mute {
    std::string check;
    Instant until;
    std::string reason;
};

// Throws Error (configuration), naming the mute and the field.
std::vector<Mute> parse_mutes(const std::string& json, const std::string& origin);

// What is muted and not well is skipped, and says so.
void mute(Report& report, const std::vector<Mute>& mutes, Instant now);

}  // namespace nightshift::health
