// What stands below `nightshift leaderboard`, and what these share.
#pragma once

#include "commands.hpp"
#include "leaderboard/read.hpp"

#include <nlohmann/json_fwd.hpp>

namespace nightshift::cmd {

void add_leaderboard_top(CLI::App& leaderboard, Chosen& chosen);
void add_leaderboard_rank(CLI::App& leaderboard, Chosen& chosen);  // rank and around
void add_leaderboard_close(CLI::App& leaderboard, Chosen& chosen);

// A board's condition as JSON has it, and as a sentence for people.
const char* word(leaderboard::BoardCondition condition);
std::string why_not_there(leaderboard::BoardCondition condition, leaderboard::Period period);

std::string heading(const leaderboard::Board& board);
std::string user_line(const leaderboard::UserRank& user, std::int64_t users);

nlohmann::ordered_json optional_json(const std::optional<std::int64_t>& value);
nlohmann::ordered_json accuracy_json(const std::optional<std::int64_t>& tenths);

// Postgres is connected to only when the reader asks for it.
struct LazyPostgres {
    Session& session;
    std::unique_ptr<postgres::Connection> connection = nullptr;

    postgres::Connection& operator()() {
        if (!connection) connection = session.migrated_postgres();
        return *connection;
    }
};

}  // namespace nightshift::cmd
