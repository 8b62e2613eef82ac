// What an app's server or an admin asks a board: its top, one user's rank.
// Document, ranks and meta are read in one MULTI, so they belong to the same board. Postgres is
// asked only for what Redis cannot know: whether a user exists, or why no board is there.
#pragma once

#include "leaderboard/document.hpp"
#include "postgres/connection.hpp"
#include "redis/connection.hpp"

#include <functional>
#include <optional>
#include <string>

namespace nightshift::leaderboard {

enum class BoardCondition {
    published,  // perhaps with nobody on it
    never_published,
    expired,  // its time to live has passed without a rebuild
    evicted,  // gone before its time: evicted, flushed, or Redis lost its memory
};

struct Board {
    BoardCondition condition = BoardCondition::never_published;
    Document document;       // only where published
    std::int64_t users = 0;  // ranked
};

struct UserRank {
    std::string user_id;
    bool numeric_id = true;
    std::string name;
    std::optional<std::int64_t> rank;      // none: not ranked
    std::optional<std::int64_t> attempts;  // beyond the document: not known
    std::optional<std::int64_t> accuracy_tenths;
};

struct BoardWithUser {
    Board board;
    std::optional<UserRank> user;
};

// Called when Postgres is needed, at most once.
using ConnectPostgres = std::function<postgres::Connection&()>;

Board read_board(redis::Connection& redis, Period period, const ConnectPostgres& postgres);

// Throws Error (data) where there is no such user.
BoardWithUser read_user(redis::Connection& redis, Period period, const std::string& user_id,
                        const ConnectPostgres& postgres);

struct Surroundings {
    Board board;
    std::optional<UserRank> user;  // set where the board is published
    std::vector<UserRank> near;    // best first, the user among them; empty where not ranked
};

// The user, and count on each side; at an end of the board more on the other.
// Throws Error: data where there is no such user, unavailable where the board is replaced at each
// try.
Surroundings read_around(redis::Connection& redis, Period period, const std::string& user_id,
                         int count, const ConnectPostgres& postgres);

}  // namespace nightshift::leaderboard
