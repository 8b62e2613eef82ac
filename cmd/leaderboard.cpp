// nightshift leaderboard: read a board as the app's readers do.
#include "base/text.hpp"
#include "board_table.hpp"
#include "commands.hpp"
#include "leaderboard/read.hpp"
#include "shared_options.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

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

// Postgres is connected to only when the reader asks for it.
struct LazyPostgres {
    Session& session;
    std::unique_ptr<postgres::Connection> connection = nullptr;

    postgres::Connection& operator()() {
        if (!connection) connection = session.migrated_postgres();
        return *connection;
    }
};

leaderboard::BoardWithUser read(Session& session, leaderboard::Period period,
                                const std::string& user_id) {
    const auto redis = session.redis();
    LazyPostgres postgres{session};
    const leaderboard::ConnectPostgres connect = [&postgres]() -> auto& { return postgres(); };
    if (!user_id.empty()) return leaderboard::read_user(*redis, period, user_id, connect);
    return {leaderboard::read_board(*redis, period, connect), std::nullopt};
}

struct TopOptions {
    leaderboard::Period period = leaderboard::Period::weekly;
    std::string user_id;
    std::optional<std::size_t> limit;
};

ExitCode top(Session& session, const TopOptions& options) {
    const auto& [period, user_id, limit] = options;
    auto [board, user] = read(session, period, user_id);
    auto& standings = board.document.top;
    if (limit && *limit < standings.size()) standings.resize(*limit);
    const bool published = board.condition == BoardCondition::published;
    session.output.result(
        [&] {
            if (!published) return why_not_there(board.condition, period);
            auto text = heading(board);
            text += board.users == 0 ? "nobody has answered in this time\n"
                                     : board_table(board.document.top);
            if (user) text += user_line(*user, board.users);
            return text;
        },
        [&] {
            Json json{{"state", word(board.condition)}};
            if (published) {
                json.update(leaderboard::to_json(board.document));
            } else {
                json.update(
                    {{"period", name(period)}, {"updated_at", Json()}, {"leaderboard", Json()}});
            }
            if (user || (!user_id.empty() && !published)) {
                json["user_rank"] = user ? optional_json(user->rank) : Json();
            }
            return json;
        },
        published);
    return published ? ExitCode::done : ExitCode::negative;
}

ExitCode rank(Session& session, leaderboard::Period period, const std::string& user_id) {
    const auto [board, user] = read(session, period, user_id);
    session.output.result(
        [&] {
            return user ? heading(board) + user_line(*user, board.users)
                        : why_not_there(board.condition, period);
        },
        [&] {
            Json json{{"state", word(board.condition)}, {"period", name(period)}};
            if (!user) return json;
            json["updated_at"] = format_instant(board.document.updated_at);
            json["users_ranked"] = board.users;
            json["user_id"] = leaderboard::id_json(user->user_id, user->numeric_id);
            json["name"] = user->name;
            json["rank"] = optional_json(user->rank);
            json["attempts"] = optional_json(user->attempts);
            json["accuracy"] = user->accuracy_tenths
                                   ? Json(static_cast<double>(*user->accuracy_tenths) / 10)
                                   : Json();
            return json;
        },
        user.has_value());
    return user ? ExitCode::done : ExitCode::negative;
}

}  // namespace

void add_leaderboard(CLI::App& app, Chosen& chosen) {
    auto* leaderboard = app.add_subcommand("leaderboard", "read a published board");
    leaderboard->require_subcommand(0, 1);
    leaderboard->fallthrough();
    leaderboard->footer(
        "Examples:\n"
        "  nightshift leaderboard top --period weekly\n"
        "  nightshift leaderboard rank 123 --period monthly --json");
    auto top_options = std::make_shared<TopOptions>();
    auto* top_command = leaderboard->add_subcommand("top", "show the top of a board");
    top_command->fallthrough();
    add_period(*top_command, top_options->period);
    top_command->add_option("--user", top_options->user_id, "show this user's rank too")
        ->type_name("ID")
        ->check(not_empty);
    top_command
        ->add_option("--limit", top_options->limit,
                     "show at most so many (default: the whole document)")
        ->type_name("N")
        ->check(CLI::Range(1, 10000));
    top_command->footer(
        "Exits with 1 when the board is not there, and says whether it was never published, has\n"
        "expired or was evicted. The period defaults to weekly.\n"
        "\n"
        "Examples:\n"
        "  nightshift leaderboard top\n"
        "  nightshift leaderboard top --period monthly --user 123 --json");
    top_command->callback([&chosen, top_options] {
        chosen = {"leaderboard top",
                  [top_options](Session& session) { return top(session, *top_options); }};
    });

    struct RankOptions {
        leaderboard::Period period = leaderboard::Period::weekly;
        std::string user_id;
    };
    auto rank_options = std::make_shared<RankOptions>();
    auto* rank_command = leaderboard->add_subcommand("rank", "show one user's rank");
    rank_command->fallthrough();
    rank_command->add_option("USER", rank_options->user_id, "the user's id")
        ->required()
        ->check(not_empty);
    add_period(*rank_command, rank_options->period);
    rank_command->footer(
        "A user beyond the top of the document has a rank, but neither attempts nor accuracy. The\n"
        "period defaults to weekly. Exits with 1 when the board is not there, with 65 when there\n"
        "is no such user.\n"
        "\n"
        "Examples:\n"
        "  nightshift leaderboard rank 123\n"
        "  nightshift leaderboard rank 123 --period monthly --json");
    rank_command->callback([&chosen, rank_options] {
        chosen = {"leaderboard rank", [rank_options](Session& session) {
                      return rank(session, rank_options->period, rank_options->user_id);
                  }};
    });
}

}  // namespace nightshift::cmd
