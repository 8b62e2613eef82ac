// nightshift leaderboard top: the document, and a user's rank with it.
#include "board_table.hpp"
#include "shared_options.hpp"
#include "subcommands.hpp"

#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;
using leaderboard::BoardCondition;

leaderboard::BoardWithUser read(Session& session, leaderboard::Period period,
                                const std::string& user_id) {
    const auto redis = session.redis(leaderboard::Keys{period}.document);
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

}  // namespace

void add_leaderboard_top(CLI::App& leaderboard, Chosen& chosen) {
    auto top_options = std::make_shared<TopOptions>();
    auto* top_command = leaderboard.add_subcommand("top", "show the top of a board");
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
}

}  // namespace nightshift::cmd
