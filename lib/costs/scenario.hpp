// A month that is taken for granted, as a JSON file; the program has those whose figures were
// published: 1k-users, 100k-users, three-servers.
//
//   {"mine": {"users": 5000, "routed_to_push": 80000,
//             "quantities": [{"provider": "aws", "item": "storage", "quantity": "10"},
//                            {"provider": "redis", "item": "small", "quantity": "1", "fixed":
//                            true}]}}
//
// routed_to_push: messages that would have been SMS without it. fixed: however many users there
// are.
#pragma once

#include "costs/charge.hpp"

#include <optional>
#include <string>
#include <vector>

namespace nightshift::costs {

struct Scenario {
    std::string name;
    std::optional<std::int64_t> users = {};
    std::int64_t routed_to_push = 0;
    std::vector<Portion> month;  // in proportion to the users
    std::vector<Portion> fixed = {};

    std::vector<Portion> all() const;
    // As if there were so many. Throws Error (usage) where it does not say how many there are.
    void suppose_users(std::int64_t count);
};

// FILE:NAME is of a file. Throws Error: usage where there is no such name, configuration naming the
// file and the field.
Scenario read_scenario(const std::string& name);

}  // namespace nightshift::costs
