// A bill by groups. What an item costs in a month, with what is free and by its steps, is shared
// out by quantity; no billionth is lost on the way.
#pragma once

#include "costs/bill.hpp"

#include <string>
#include <vector>

namespace nightshift::costs {

// A part of what a month has used of an item.
struct Portion {
    Used used;
    std::string day;   // 2026-10-15; empty: of no day alone
    std::string kind;  // of message; empty: of none, or not known
};

enum class Dimension { provider, service, channel, country, kind, day };
std::string name(Dimension dimension);
const std::vector<Dimension>& dimensions();

// Portions of one item as one.
std::vector<Used> summed(const std::vector<Portion>& portions);

struct Group {
    std::vector<std::string> labels;  // one for each dimension; empty: none
    Cost cost;                        // of what has a price
    bool has_priced = false;
    bool has_unpriced = false;
};

// In the order of their labels. bill: of summed(portions).
std::vector<Group> group(const Bill& bill, const std::vector<Portion>& portions,
                         const std::vector<Dimension>& by);

}  // namespace nightshift::costs
