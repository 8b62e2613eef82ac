// A month that is taken for granted, as a JSON file; the program has those whose figures were
// published: 1k-users, 100k-users, three-servers.
//
//   {"mine": {"users": 5000, "routed_to_push": 80000,
//             "quantities": [{"provider": "aws", "item": "storage", "quantity": "10"}]}}
//
// routed_to_push: messages that would have been SMS without it.
#pragma once

#include "costs/bill.hpp"

#include <optional>
#include <string>
#include <vector>

namespace nightshift::costs {

struct Scenario {
    std::string name;
    std::optional<std::int64_t> users = {};
    std::int64_t routed_to_push = 0;
    std::vector<Used> month;
};

// FILE:NAME is of a file. Throws Error: usage where there is no such name, configuration naming the
// file and the field.
Scenario read_scenario(const std::string& name);

}  // namespace nightshift::costs
