// A bill for people and as JSON.
#pragma once

#include "costs/groups.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace nightshift::cmd {

struct CostReport {
    std::string what;  // a month of 1k-users; 2026-11, up to now
    costs::PriceBook book;
    costs::Bill bill;
    std::optional<std::int64_t> users = {};
    std::int64_t routed_to_push = 0;
    // What these would have cost as SMS; nothing: none were, or they have no price.
    std::optional<Money> saved = {};
    std::string empty = {};                 // what to say where nothing was used
    std::vector<costs::Dimension> by = {};  // empty: line by line
    std::vector<costs::Group> groups = {};
};

std::string to_text(const CostReport& report);
nlohmann::ordered_json to_json(const CostReport& report);

// Of an amount with its billionths: 10.12, half of a cent away from zero.
std::string to_the_cent(Money money);

}  // namespace nightshift::cmd
