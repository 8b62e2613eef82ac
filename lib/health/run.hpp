// Looks at many things at once, and waits for none of them longer than the budget: names that are
// not resolved hang in the C library beyond every timeout of libpq or libcurl, so what has not come
// back is left behind in its thread, and told as such.
#pragma once

#include "health/check.hpp"

#include <functional>
#include <stop_token>

namespace nightshift::health {

// Takes secrets, control characters and what is no UTF-8 out of its words.
using Tell = std::function<void(Result)>;

// The checks that are asked for, with the ranges that are asked for.
using Wanted = std::vector<Check>;
Wanted of_group(const Wanted& wanted, const std::string& prefix);  // database.

// What could not be made for want of something else is no news of its own.
Result not_made(const std::string& id, const std::string& first);

// What is looked at over one connection, one thing after the other.
struct Probe {
    Wanted checks;  // in that order
    // Tells each as soon as it is known. What it throws is the first one's that is not told, and
    // the others are not looked at. It may outlive run_probes(): it holds what it uses.
    std::function<void(const Tell&)> look;
};

// Nothing to look at: each is skipped.
Probe not_configured(const Wanted& group, const std::string& said);
// What make gives; where it throws Error, one whose first check is told that, as a url that is
// none.
Probe begun(const Wanted& group, const std::function<Probe()>& make);

// Where a stop is requested it returns with what has been told by then.
Report run_probes(std::vector<Probe> probes, std::chrono::milliseconds budget,
                  const std::stop_token& stop);

}  // namespace nightshift::health
