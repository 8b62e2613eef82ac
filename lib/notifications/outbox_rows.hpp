// Rows of the outbox as its statements take them: JSON and arrays.
#pragma once

#include "notifications/outbox.hpp"

#include <set>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace nightshift::notifications {

nlohmann::json json_of(const Key& key);                         // {"number": 123, "ordinal": 1}
std::string numbers_of(const std::set<std::int64_t>& numbers);  // [123, 124]
std::string array_of(const std::vector<std::string>& texts);    // {"a","b"}
std::string dumped(const nlohmann::json& json);                 // whatever bytes stand in it
std::string day_of(Instant now);                                // 2026-11-23, in UTC

}  // namespace nightshift::notifications
