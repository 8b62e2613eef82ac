// The board as readers see it: the top of it, as one JSON document.
//   {"period":"weekly","updated_at":"2026-11-21T23:00:00Z","leaderboard":[
//     {"rank":1,"user_id":123,"name":"Alice","attempts":450,"accuracy":92.5}]}
// user_id is a number where the app's ids are integers, else a string. accuracy is a percentage
// with one decimal, rounded half up.
#pragma once

#include "base/instant.hpp"
#include "leaderboard/board.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace nightshift::leaderboard {

struct Standing {
    std::int64_t rank = 0;
    std::string user_id;
    std::string name;
    std::int64_t attempts = 0;
    std::int64_t accuracy_tenths = 0;  // 925 is 92.5 %
};

struct Document {
    Period period = Period::weekly;
    Instant updated_at;
    bool numeric_ids = true;
    std::vector<Standing> top;
};

// Exact in integers: (2000 * correct + attempts) / (2 * attempts) tenths of a percent.
std::int64_t accuracy_tenths(std::int64_t correct, std::int64_t attempts);

std::string text_of_accuracy(std::int64_t tenths);  // 92.5

nlohmann::ordered_json id_json(const std::string& user_id, bool numeric);
nlohmann::ordered_json to_json(const Document& document);

// Of a document that to_json() made. Throws Error (internal) for any other.
Document parse_document(std::string_view json);

}  // namespace nightshift::leaderboard
