// nightshift leaderboard: read a board as the app's readers do.
#include "base/text.hpp"
#include "subcommands.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {

using Json = nlohmann::ordered_json;
using leaderboard::BoardCondition;

const char* word(BoardCondition condition) {
    switch (condition) {
        case BoardCondition::published:
            return "published";
        case BoardCondition::never_published:
            return "never_published";
        case BoardCondition::expired:
            return "expired";
        case BoardCondition::evicted:
            return "evicted";
    }
    return "";
}

std::string why_not_there(BoardCondition condition, leaderboard::Period period) {
    const auto board = "the " + name(period) + " board ";
    const auto next =
        "; publish it with 'nightshift recompute-leaderboard --period " + name(period) + "'\n";
    switch (condition) {
        case BoardCondition::never_published:
            return board + "was never published" + next;
        case BoardCondition::expired:
            return board + "has expired: no rebuild came in time" + next;
        default:
            return board + "was evicted from Redis, or flushed, before its time" + next;
    }
}

Json optional_json(const std::optional<std::int64_t>& value) {
    return value ? Json(*value) : Json();
}

std::string heading(const leaderboard::Board& board) {
    return fmt::format("{} board as of {}, {} ranked\n", name(board.document.period),
                       format_instant(board.document.updated_at), counted(board.users, "user"));
}

std::string user_line(const leaderboard::UserRank& user, std::int64_t users) {
    if (!user.rank)
        return fmt::format("user {} ({}) is not ranked\n", printable(user.user_id),
                           printable(user.name));
    auto line = fmt::format("user {} ({}) has rank {} of {}", printable(user.user_id),
                            printable(user.name), grouped(*user.rank), grouped(users));
    if (user.attempts) {
        line += fmt::format(": {}, {}% right", counted(*user.attempts, "attempt"),
                            leaderboard::text_of_accuracy(*user.accuracy_tenths));
    }
    return line + "\n";
}

Json accuracy_json(const std::optional<std::int64_t>& tenths) {
    return tenths ? Json(static_cast<double>(*tenths) / 10) : Json();
}

void add_leaderboard(CLI::App& app, Chosen& chosen) {
    auto* leaderboard = app.add_subcommand("leaderboard", "read a published board");
    leaderboard->require_subcommand(0, 1);
    leaderboard->fallthrough();
    leaderboard->footer(
        "Examples:\n"
        "  nightshift leaderboard top --period weekly\n"
        "  nightshift leaderboard rank 123 --period monthly --json");
    add_leaderboard_top(*leaderboard, chosen);
    add_leaderboard_rank(*leaderboard, chosen);
    add_leaderboard_close(*leaderboard, chosen);
}

}  // namespace nightshift::cmd
