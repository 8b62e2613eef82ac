// Which checks are asked for, and what has to be looked at for them.
#pragma once

#include "health/run.hpp"
#include "session.hpp"

#include <string>
#include <vector>

namespace nightshift::cmd {

struct HealthChoice {
    health::Level level = health::Level::standard;
    std::vector<std::string> only;  // whatever their level; database is all of its own
    std::vector<std::string> skip;
    std::vector<std::string> categories;
    std::vector<std::string> warn;  // database.latency=10
    std::vector<std::string> crit;
};

// Throws Error (usage) for a check that there is not, and a range that is none.
health::Wanted wanted_checks(const HealthChoice& choice);

std::vector<health::Probe> probes_of(const Session& session, const health::Wanted& wanted);

}  // namespace nightshift::cmd
