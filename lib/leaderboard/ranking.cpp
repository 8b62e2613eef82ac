#include "leaderboard/ranking.hpp"

#include "base/error.hpp"
#include "leaderboard/sql.hpp"
#include "postgres/row_stream.hpp"

namespace nightshift::leaderboard {
namespace {

void fill_in_names(postgres::Transaction& transaction, Document& document) {
    std::vector<std::string> ids;
    for (const auto& each : document.top) ids.push_back(each.user_id);
    auto names = names_of(transaction, ids);
    for (auto& each : document.top) each.name = names[each.user_id];
}

}  // namespace

std::map<std::string, std::string> names_of(postgres::Transaction& transaction,
                                            const std::vector<std::string>& ids) {
    // An array literal: ids are quoted, with \\ and " escaped (they may be text).
    std::string array;
    for (const auto& id : ids) {
        array += array.empty() ? "{\"" : ",\"";
        for (const char c : id) {
            if (c == '\\' || c == '"') array += '\\';
            array += c;
        }
        array += '"';
    }
    std::map<std::string, std::string> names;
    if (ids.empty()) return names;
    for (const auto& row : postgres::exec(transaction, sql::names, {array + "}"})) {
        names[row["id"].c_str()] = row["name"].c_str();
    }
    return names;
}

Ranking rank(postgres::Connection& postgres, const RankingRequest& request, const OnUser& on_user) {
    const auto& [period, as_of, top, from] = request;
    Ranking result;
    result.document.period = period;
    result.document.updated_at = as_of;
    result.window_start = from.value_or(as_of - length(period));
    if (result.window_start < earliest_instant) {
        throw Error{Failure::usage, "--as-of " + format_instant(as_of) + " is too early",
                    "its window would begin before the year 1", "give a later time"};
    }
    postgres.snapshot("ranking the " + name(period) + " board", [&](auto& transaction) {
        // JIT takes longer to compile than it saves here. A month of 150,000 learners is counted
        // and sorted in 32 MB; with more, or at the default of 4 MB, it goes through files.
        transaction.exec("SET LOCAL jit = off; SET LOCAL work_mem = '32MB'");
        {
            postgres::RowStream rows{
                postgres,
                sql::standings,
                {postgres::parameter(result.window_start), postgres::parameter(as_of)}};
            while (rows.next()) {
                const Ranked user{++result.users, rows.id(0), rows.integer(1), rows.integer(2)};
                result.attempts += user.attempts;
                if (user.rank <= top) {
                    result.document.numeric_ids = rows.is_integer(0);
                    result.document.top.push_back({user.rank, user.user_id, "", user.attempts,
                                                   accuracy_tenths(user.correct, user.attempts)});
                }
                on_user(user);
            }
        }
        fill_in_names(transaction, result.document);
    });
    return result;
}

}  // namespace nightshift::leaderboard
