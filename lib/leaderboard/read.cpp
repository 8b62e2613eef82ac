#include "leaderboard/read.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
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
};

std::int64_t number(const std::optional<std::string>& text) {
    return text ? parse_integer<std::int64_t>(*text).value_or(0) : 0;
}

RedisView view(redis::Connection& redis, Period period, const std::string& user_id) {
    const Keys keys{period};
    redis.append({"MULTI"});
    redis.append({"GET", keys.document});
    redis.append({"HMGET", keys.meta, "expires_at", "users"});
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
    const auto& top = board.document.top;
    const auto at = std::find_if(top.begin(), top.end(),
                                 [&](const auto& each) { return each.user_id == user.user_id; });
    if (at != top.end()) {
        user.name = at->name;
        user.attempts = at->attempts;
        user.accuracy_tenths = at->accuracy_tenths;
    }
    return {std::move(board), std::move(user)};
}

}  // namespace nightshift::leaderboard
