#include "health/boards.hpp"

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "health/database.hpp"
#include "health/redis.hpp"
#include "health/sql.hpp"
#include "leaderboard/board.hpp"
#include "postgres/connection.hpp"

#include <algorithm>

namespace nightshift::health {
namespace {

struct Published {
    std::string board;
    std::int64_t users = 0;
    std::string checksum;
};

std::vector<Published> published(const std::string& url) {
    postgres::Connection connection{
        url, {.command = "health", .longest_statement = std::chrono::seconds{2}}};
    return connection.snapshot("looking at the boards", [](auto& transaction) {
        std::vector<Published> all;
        for (const auto& row : postgres::exec(transaction, sql::published_boards))
            all.push_back({row["board"].c_str(), row["users"].template as<std::int64_t>(),
                           row["checksum"].c_str()});
        return all;
    });
}

// Empty: it is served as it was published.
std::string difference(const Published& board, const leaderboard::Keys& keys,
                       redis::Connection& redis) {
    const auto document = redis.command({"GET", keys.document}).text_or_nil();
    if (!document) return "is not served: it has expired, or was deleted";
    if (sha256_hex(*document) != board.checksum) return "is another document than was published";
    const auto users = redis.command({"ZCARD", keys.ranks}).integer();
    if (users == board.users) return {};
    return "ranks " + counted(users, "user") + ", and " + grouped(board.users) + " were published";
}

Result match(const Check& check, const std::vector<Published>& boards,
             const redis::Address& address) {
    Result result{
        .id = check.id,
        .said = counted(static_cast<std::int64_t>(boards.size()), "board") + " as published"};
    for (const auto period : {leaderboard::Period::weekly, leaderboard::Period::monthly}) {
        const auto found = std::find_if(boards.begin(), boards.end(), [&](const Published& each) {
            return each.board == leaderboard::name(period);
        });
        if (found == boards.end()) continue;
        const leaderboard::Keys keys{period};
        const auto why = difference(*found, keys, *connect_to_look(address, keys.document));
        if (why.empty()) continue;
        result.status = Status::degraded;
        result.said = "the " + found->board + " board " + why;
        result.why = "readers see that";
        result.fix = "nightshift recompute-leaderboard --period " + found->board;
    }
    return result;
}

// Who cannot be asked is told by their own checks.
Result compared(const Check& check, const std::string& url, const redis::Address& address) {
    std::string first = "database.connect";
    try {
        const auto boards = published(url);
        first = "redis.ping";
        return match(check, boards, address);
    } catch (const Error& error) {
        return not_made(check.id, lacks_schema(error) ? "database.schema" : first);
    }
}

}  // namespace

Probe look_at_boards(const std::string& url, const redis::Address& address, const Wanted& wanted) {
    const auto mine = of_group(wanted, "boards.match");
    return {mine, [mine, url, address](const Tell& tell) {
                for (const auto& check : mine) tell(compared(check, url, address));
            }};
}

}  // namespace nightshift::health
