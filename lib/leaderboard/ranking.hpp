// Everybody's place on a board, from one snapshot of Postgres, in constant memory.
#pragma once

#include "leaderboard/document.hpp"
#include "postgres/connection.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace nightshift::leaderboard {

struct RankingRequest {
    Period period = Period::weekly;
    Instant as_of;
    int top = 100;                     // how many stand in the document
    std::optional<Instant> from = {};  // none: the period's length before
};

struct Ranked {
    std::int64_t rank = 0;
    std::string user_id;
    std::int64_t attempts = 0;
    std::int64_t correct = 0;
};

struct Ranking {
    Document document;
    Instant window_start;
    std::int64_t users = 0;     // ranked
    std::int64_t attempts = 0;  // counted for them
};

using OnUser = std::function<void(const Ranked&)>;

// Best first, each to on_user; the names in the document come from the same snapshot.
// Throws Error: usage where the window would begin before the year 1.
Ranking rank(postgres::Connection& postgres, const RankingRequest& request, const OnUser& on_user);

// By id; no entry for an id that does not exist.
std::map<std::string, std::string> names_of(postgres::Transaction& transaction,
                                            const std::vector<std::string>& ids);

}  // namespace nightshift::leaderboard
