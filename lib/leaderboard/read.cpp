#include "leaderboard/read.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "leaderboard/ranking.hpp"
#include "leaderboard/sql.hpp"

#include <algorithm>

namespace nightshift::leaderboard {
namespace {

// expires_at is the database's time plus the time to live; Redis counts from the swap.
constexpr auto expiry_tolerance = std::chrono::seconds{60};

struct RedisView {
    std::optional<std::string> document;
    std::optional<Instant> expires_at;  // of what was published last; none: nothing known
    Instant redis_now;
    std::int64_t users = 0;       // by meta
    std::int64_t users_held = 0;  // by the set itself
    std::optional<std::int64_t> rank;
    std::optional<std::string> run;  // that published it
};

std::int64_t number(const std::optional<std::string>& text) {
    return text ? parse_integer<std::int64_t>(*text).value_or(0) : 0;
}

RedisView view(redis::Connection& redis, Period period, const std::string& user_id) {
    const Keys keys{period};
    redis.append({"MULTI"});
    redis.append({"GET", keys.document});
    redis.append({"HMGET", keys.meta, "expires_at", "users", "run"});
    redis.append({"ZCARD", keys.ranks});
    redis.append({"ZSCORE", keys.ranks, user_id});
    redis.append({"TIME"});
    redis.append({"EXEC"});
    RedisView view;
    redis.drain(0, [&](redis::Reply reply) {
        if (reply.size() != 5) return;  // OK, QUEUED
        if (const auto error = reply.element_error(); !error.empty()) redis.refuse(error);
        view.document = reply.element_text(0);
        const auto meta = reply.nested_texts(1);
        if (meta[0]) view.expires_at = Instant{std::chrono::microseconds{number(meta[0])}};
        view.users = number(meta[1]);
        view.run = meta[2];
        view.users_held = reply.element_integer(2);
        if (const auto score = reply.element_text(3)) view.rank = number(score);
        view.redis_now = Instant{std::chrono::seconds{number(reply.nested_texts(4)[0])}};
    });
    return view;
}

BoardCondition condition(const RedisView& view, Period period, const ConnectPostgres& postgres) {
    const bool whole = view.users_held == view.users;
    if (view.document && whole) return BoardCondition::published;
    if (view.expires_at) {
        return view.redis_now + expiry_tolerance >= *view.expires_at ? BoardCondition::expired
                                                                     : BoardCondition::evicted;
    }
    const bool known = postgres().transaction("asking what was published", [&](auto& transaction) {
        return !postgres::exec(transaction, sql::board_state, {name(period)})[0]["as_of"].is_null();
    });
    return known ? BoardCondition::evicted : BoardCondition::never_published;
}

Board board_of(const RedisView& view, Period period, const ConnectPostgres& postgres) {
    Board board;
    board.condition = condition(view, period, postgres);
    if (board.condition != BoardCondition::published) return board;
    board.document = parse_document(*view.document);
    board.users = view.users;
    return board;
}

UserRank known_user(const std::string& user_id, const ConnectPostgres& postgres) {
    return postgres().transaction("looking up user " + excerpt(user_id), [&](auto& transaction) {
        const auto no_such_user = [&user_id](const std::string& why) -> Error {
            return {Failure::data, "there is no user " + excerpt(user_id), why,
                    "give the id as the table users has it"};
        };
        const auto rows = [&] {
            try {
                return postgres::exec(transaction, sql::user_name, {user_id});
            } catch (const pqxx::data_exception& error) {  // no integer, or no uuid
                throw no_such_user(error.what());
            }
        }();
        if (rows.empty()) throw no_such_user("the table users has no such id");
        UserRank user;
        user.user_id = rows[0]["id"].c_str();
        user.name = rows[0]["name"].c_str();
        user.numeric_id = rows[0]["numeric_id"].template as<bool>();
        return user;
    });
}

// What the document knows of a user.
void complete(UserRank& user, const Document& document) {
    const auto& top = document.top;
    const auto at = std::find_if(top.begin(), top.end(),
                                 [&](const auto& each) { return each.user_id == user.user_id; });
    if (at == top.end()) return;
    user.name = at->name;
    user.attempts = at->attempts;
    user.accuracy_tenths = at->accuracy_tenths;
}

struct Near {
    std::int64_t first = 1;  // rank of the first
    std::vector<std::string> ids;
};

// Of the board that was seen; nothing where another stands there by now.
std::optional<Near> ids_near(redis::Connection& redis, Period period, const RedisView& seen,
                             int count) {
    const Keys keys{period};
    const std::int64_t width = std::min<std::int64_t>(2 * std::int64_t{count} + 1, seen.users);
    Near near;
    near.first = std::clamp<std::int64_t>(*seen.rank - count, 1, seen.users - width + 1);
    redis.append({"MULTI"});
    redis.append({"HGET", keys.meta, "run"});
    redis.append({"ZRANGE", keys.ranks, std::to_string(near.first - 1),
                  std::to_string(near.first + width - 2)});
    redis.append({"EXEC"});
    bool same = false;
    redis.drain(0, [&](redis::Reply reply) {
        if (reply.size() != 2) return;  // OK, QUEUED
        if (const auto error = reply.element_error(); !error.empty()) redis.refuse(error);
        same = reply.element_text(0) == seen.run;
        for (auto& id : reply.nested_texts(1)) near.ids.push_back(id.value_or(""));
    });
    if (!same) return std::nullopt;
    return near;
}

std::vector<UserRank> described(const Near& near, const Document& document, const UserRank& user,
                                const ConnectPostgres& postgres) {
    auto names = postgres().transaction(
        "reading names", [&](auto& transaction) { return names_of(transaction, near.ids); });
    std::vector<UserRank> all;
    for (const auto& id : near.ids) {
        UserRank each;
        each.user_id = id;
        each.numeric_id = user.numeric_id;
        each.name = names[id];
        each.rank = near.first + static_cast<std::int64_t>(all.size());
        complete(each, document);
        all.push_back(std::move(each));
    }
    return all;
}

}  // namespace

Board read_board(redis::Connection& redis, Period period, const ConnectPostgres& postgres) {
    return board_of(view(redis, period, ""), period, postgres);
}

BoardWithUser read_user(redis::Connection& redis, Period period, const std::string& user_id,
                        const ConnectPostgres& postgres) {
    auto user = known_user(user_id, postgres);
    const auto seen = view(redis, period, user.user_id);
    auto board = board_of(seen, period, postgres);
    if (board.condition != BoardCondition::published) return {std::move(board), std::nullopt};

    user.rank = seen.rank;
    complete(user, board.document);
    return {std::move(board), std::move(user)};
}

Surroundings read_around(redis::Connection& redis, Period period, const std::string& user_id,
                         int count, const ConnectPostgres& postgres) {
    const auto known = known_user(user_id, postgres);
    for (int tries = 0; tries < 5; ++tries) {
        const auto seen = view(redis, period, known.user_id);
        Surroundings around{board_of(seen, period, postgres), std::nullopt, {}};
        if (around.board.condition != BoardCondition::published) return around;
        around.user = known;
        around.user->rank = seen.rank;
        complete(*around.user, around.board.document);
        if (!seen.rank) return around;
        const auto ids = ids_near(redis, period, seen, count);
        if (!ids) continue;  // replaced between the two looks
        around.near = described(*ids, around.board.document, *around.user, postgres);
        return around;
    }
    throw Error{Failure::unavailable, "the " + name(period) + " board is replaced all the time",
                "each of 5 looks found another run's", "see who rebuilds it so often"};
}

}  // namespace nightshift::leaderboard
