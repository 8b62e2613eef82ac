// The machine that this runs on, of which a job needs its share.
#pragma once

#include "health/run.hpp"

#include <string>

namespace nightshift::health {

// Of what is wanted that which is the machine's; its clock is held against Postgres's, there.
Wanted of_machine(const Wanted& wanted);

// Of what is wanted that which is none of the machine's is left out. folder: whose disk is meant.
Probe look_at_system(const std::string& folder, const Wanted& wanted);

}  // namespace nightshift::health
