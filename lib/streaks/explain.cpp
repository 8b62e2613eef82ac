#include "streaks/explain.hpp"

#include "attempts/arrivals.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "streaks/sql.hpp"

namespace nightshift::streaks {
namespace {

constexpr int most_days = 60;

// Tables of the session, gone with the transaction.
struct RolledBack {};

void read_user(postgres::Transaction& transaction, Explanation& explanation) {
    const auto rows = postgres::exec(transaction, sql::explain_user, {explanation.user_id});
    if (rows.empty()) {
        throw Error{Failure::data, "no user has the id " + excerpt(explanation.user_id),
                    "public.users has none", "give the id as users.id has it"};
    }
    const auto row = rows[0];
    explanation.name = row["name"].c_str();
    explanation.stored_streak = row["study_streak"].as<std::int64_t>(0);
    explanation.stored_last_activity = postgres::optional_instant(row["last_activity"]);
    explanation.future_attempts = row["future_attempts"].as<std::int64_t>();
    explanation.has_moved = row["has_moved"].as<bool>();
    explanation.timezone = postgres::optional_text(row["timezone"]);
    explanation.known_day = postgres::optional_text(row["known_day"]);
    explanation.known_length = row["known_length"].as<std::int64_t>(0);
}

void read_zones(postgres::Transaction& transaction, Explanation& explanation) {
    for (const auto& row : postgres::exec(transaction, sql::explain_zones, {explanation.user_id})) {
        explanation.zones.push_back({row["zone"].c_str(), postgres::optional_text(row["named"]),
                                     row["is_valid"].as<bool>(),
                                     postgres::optional_instant(row["since"])});
    }
}

void read_verdict(postgres::Transaction& transaction, Explanation& explanation) {
    transaction.exec(std::string{sql::create_verdicts});
    postgres::exec(transaction,
                   "INSERT INTO batch VALUES ($1::text::nightshift.user_id, true, '-infinity')",
                   {explanation.user_id});
    postgres::exec(transaction, sql::judge, {postgres::parameter(explanation.as_of)});
    const auto rows = transaction.exec(
        "SELECT today::text, began::text, last_day::text, next_day::text, length, streak "
        "FROM verdicts");
    if (rows.empty()) return;
    const auto row = rows[0];
    explanation.today = row["today"].c_str();
    explanation.began = postgres::optional_text(row["began"]);
    explanation.last_day = postgres::optional_text(row["last_day"]);
    explanation.next_day = postgres::optional_text(row["next_day"]);
    explanation.length = row["length"].as<std::int64_t>();
    explanation.streak = row["streak"].as<std::int64_t>();
}

void read_days(postgres::Transaction& transaction, Explanation& explanation) {
    for (const auto& row :
         postgres::exec(transaction, sql::explain_days,
                        {explanation.user_id, postgres::parameter(explanation.as_of),
                         std::to_string(most_days)})) {
        ExplainedDay day{.day = row["day"].c_str(),
                         .zone = postgres::optional_text(row["zone"]),
                         .attempts = row["attempts"].as<std::int64_t>(),
                         .correct = row["correct"].as<std::int64_t>(),
                         .counted = row["counted"].as<std::int64_t>(),
                         .first_at = postgres::instant_column(row["first_at"]),
                         .last_at = postgres::instant_column(row["last_at"])};
        day.in_chain = explanation.began && day.day >= *explanation.began;
        explanation.days.push_back(std::move(day));
    }
}

}  // namespace

Explanation explain(postgres::Connection& postgres, const std::string& user_id,
                    std::optional<Instant> as_of) {
    Explanation explanation;
    explanation.user_id = user_id;
    try {
        postgres.repeatable("explaining a streak", [&](auto& transaction) {
            read_user(transaction, explanation);
            const auto last = attempts::arrivals_state(transaction);
            if (!last) {
                throw Error{Failure::data, "no pass has been over the streaks yet", "",
                            "'nightshift check-streaks --dry-run' tells what the first would do"};
            }
            if (as_of && *as_of < last->as_of) {
                throw Error{Failure::refused,
                            "--as-of " + format_instant(*as_of) + " is older than the streaks",
                            "the last pass was as of " + format_instant(last->as_of) +
                                ", and what was known before it is not kept",
                            "omit --as-of, or give a later time"};
            }
            explanation.as_of = as_of.value_or(last->as_of);
            read_zones(transaction, explanation);
            read_verdict(transaction, explanation);
            read_days(transaction, explanation);
            throw RolledBack{};
        });
    } catch (const RolledBack&) {
    }
    return explanation;
}

}  // namespace nightshift::streaks
