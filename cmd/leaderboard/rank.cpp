// nightshift leaderboard rank, around: one user's place, and who is near.
#include "base/text.hpp"
#include "shared_options.hpp"
#include "subcommands.hpp"

#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
    leaderboard::Period period = leaderboard::Period::weekly;
    std::string user_id;
    int count = 5;
};

ExitCode rank(Session& session, leaderboard::Period period, const std::string& user_id) {
    LazyPostgres postgres{session};
    const auto redis = session.redis(leaderboard::Keys{period}.document);
    const auto [board, user] = leaderboard::read_user(
        *redis, period, user_id, [&postgres]() -> auto& { return postgres(); });
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
            json["accuracy"] = accuracy_json(user->accuracy_tenths);
            return json;
        },
        user.has_value());
    return user ? ExitCode::done : ExitCode::negative;
}

std::string around_text(const leaderboard::Surroundings& around) {
    auto text = heading(around.board);
    if (!around.user->rank) return text + user_line(*around.user, around.board.users);
    Table table{{"", "rank", "user", "name", "attempts", "accuracy"}};
    for (const auto& each : around.near) {
        table.add({each.user_id == around.user->user_id ? ">" : "", grouped(*each.rank),
                   printable(each.user_id), printable(each.name),
                   each.attempts ? grouped(*each.attempts) : "-",
                   each.accuracy_tenths ? leaderboard::text_of_accuracy(*each.accuracy_tenths) + "%"
                                        : "-"});
    }
    return text + table.text();
}

Json around_json(const leaderboard::Surroundings& around, leaderboard::Period period) {
    Json json{{"state", word(around.board.condition)}, {"period", name(period)}};
    if (!around.user) return json;
    json["updated_at"] = format_instant(around.board.document.updated_at);
    json["users_ranked"] = around.board.users;
    json["user_id"] = leaderboard::id_json(around.user->user_id, around.user->numeric_id);
    json["rank"] = optional_json(around.user->rank);
    json["around"] = Json::array();
    for (const auto& each : around.near) {
        json["around"].push_back({{"rank", *each.rank},
                                  {"user_id", leaderboard::id_json(each.user_id, each.numeric_id)},
                                  {"name", each.name},
                                  {"attempts", optional_json(each.attempts)},
                                  {"accuracy", accuracy_json(each.accuracy_tenths)}});
    }
    return json;
}

ExitCode around(Session& session, const Options& options) {
    LazyPostgres postgres{session};
    const auto redis = session.redis(leaderboard::Keys{options.period}.document);
    const auto found = leaderboard::read_around(
        *redis, options.period, options.user_id,
        options.count, [&postgres]() -> auto& { return postgres(); });
    session.output.result(
        [&] {
            return found.user ? around_text(found)
                              : why_not_there(found.board.condition, options.period);
        },
        [&] { return around_json(found, options.period); }, found.user.has_value());
    return found.user ? ExitCode::done : ExitCode::negative;
}

}  // namespace

void add_leaderboard_rank(CLI::App& leaderboard, Chosen& chosen) {
    auto options = std::make_shared<Options>();
    auto* rank_command = leaderboard.add_subcommand("rank", "show one user's rank");
    rank_command->fallthrough();
    rank_command->add_option("USER", options->user_id, "the user's id")
        ->required()
        ->check(not_empty);
    add_period(*rank_command, options->period);
    rank_command->footer(
        "A user beyond the top of the document has a rank, but neither attempts nor accuracy. The\n"
        "period defaults to weekly. Exits with 1 when the board is not there, with 65 when there\n"
        "is no such user.\n"
        "\n"
        "Examples:\n"
        "  nightshift leaderboard rank 123\n"
        "  nightshift leaderboard rank 123 --period monthly --json");
    rank_command->callback([&chosen, options] {
        chosen = {"leaderboard rank", [options](Session& session) {
                      return rank(session, options->period, options->user_id);
                  }};
    });

    auto* around_command = leaderboard.add_subcommand("around", "show who is near a user");
    around_command->fallthrough();
    around_command->add_option("USER", options->user_id, "the user's id")
        ->required()
        ->check(not_empty);
    add_period(*around_command, options->period);
    around_command
        ->add_option("--count", options->count,
                     "how many on each side (default 5); at an end of the board the other side has "
                     "more")
        ->type_name("N")
        ->check(CLI::Range(1, 1000));
    around_command->footer(
        "Users beyond the top of the document have a rank and a name, but neither attempts nor\n"
        "accuracy. The period defaults to weekly. Exit codes as of rank.\n"
        "\n"
        "Examples:\n"
        "  nightshift leaderboard around 123\n"
        "  nightshift leaderboard around 123 --count 2 --period monthly --json");
    around_command->callback([&chosen, options] {
        chosen = {"leaderboard around",
                  [options](Session& session) { return around(session, *options); }};
    });
}

}  // namespace nightshift::cmd
