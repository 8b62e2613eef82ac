// One look at everything that is asked for, or several, until all is well.
#pragma once

#include "health/probes.hpp"

#include <cstdint>
#include <string>

namespace nightshift::cmd {

struct LookOptions {
    HealthChoice choice;
    bool only_unhealthy = false;  // fails
    std::int64_t wait = 0;        // s, for all to be well
    int times = 1;                // that a check must be bad in a row
    std::string state;            // the file where that is counted; empty: nowhere
};

// What is muted (NIGHTSHIFT_MUTES), or was not bad often enough, is taken out. has_stuck: set
// where threads of any look did not come back, so that the process can only be ended. Throws Error,
// interrupted at a stop.
health::Report look(const Session& session, const LookOptions& options, bool& has_stuck);

}  // namespace nightshift::cmd
