// The name of one run, in the log, the lease, Redis's staging keys and every JSON result.
// A ULID (github.com/ulid/spec): 48 bits of Unix milliseconds, 80 random bits, 26 characters of
// Crockford's base 32. Sorts by time of start.
#pragma once

#include "base/instant.hpp"

#include <string>

namespace nightshift {

std::string new_run_id(Instant start);

}  // namespace nightshift
