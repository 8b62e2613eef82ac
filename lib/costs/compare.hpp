// What costs have changed by, from one period to another, and why.
#pragma once

#include "costs/charge.hpp"

#include <string>
#include <vector>

namespace nightshift::costs {

// now - before = by_volume + by_price, to a billionth. by_volume: what is used now at the prices of
// before, steps and what is free included, less what was spent before. What has no price in one of
// them, or no data (nobody has noted a size then, which is not 0; messages are counted, and none
// are none), is in no sum.
struct Change {
    std::vector<std::string> labels;  // as of groups
    bool is_comparable = false;       // something of it is in the sums
    Money before = {};
    Money now = {};
    Money by_volume = {};
    Money by_price = {};
    bool has_unpriced = false;
    bool has_no_data = false;
};

// In the order of their labels. repriced: of the same portions as now, one for one, at the prices
// of before; what had none then has today's.
std::vector<Change> changes(const std::vector<Charge>& before, const std::vector<Charge>& now,
                            const std::vector<Charge>& repriced, const std::vector<Dimension>& by);
Change sum_of(const std::vector<Change>& changes);

}  // namespace nightshift::costs
