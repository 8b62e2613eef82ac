#include "leaderboard/closing.hpp"

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "leaderboard/sql.hpp"
#include "postgres/copy_in.hpp"
#include "postgres/row_stream.hpp"

#include <thread>

#include <nlohmann/json.hpp>

namespace nightshift::leaderboard {
namespace {

using namespace std::chrono_literals;

constexpr auto worth_waiting = 60s;  // cron can be a little early

std::string name_of(const std::string& week) { return "weekly/" + week; }

[[noreturn]] void refuse_week(const std::string& week) {
    throw Error{Failure::usage, excerpt(week) + " is no week", "it must be one of ISO 8601",
                "write it such as 2026-W47, with 01 to 52 or 53"};
}

[[noreturn]] void refuse_edited(const std::string& closing) {
    throw Error{Failure::data, "the close " + closing + " is not as it was kept",
                "its document or its ranks were changed in the database",
                "restore its rows of nightshift.board_closings and nightshift.closing_ranks from a "
                "backup"};
}

bool looks_like_a_week(std::string_view text) {
    const auto digits = [](std::string_view part) {
        return part.find_first_not_of("0123456789") == std::string_view::npos;
    };
    return text.size() == 8 && digits(text.substr(0, 4)) && text.substr(4, 2) == "-W" &&
           digits(text.substr(6)) && text.substr(0, 4) < "9999";
}

struct WeekAndNow {
    ClosingWeek week;
    Instant now;  // the database's
};

WeekAndNow look_for_week(postgres::Connection& postgres, const WeekRequest& request) {
    return postgres.transaction("finding the week that closes", [&](auto& transaction) {
        std::optional<std::string> week;
        std::optional<std::string> within;
        if (!request.week.empty()) week = request.week;
        if (request.within) within = postgres::parameter(*request.within);
        const auto row =
            postgres::exec(transaction, sql::closing_week, {week, within, request.zone})[0];
        if (week && row["week"].c_str() != *week) refuse_week(*week);  // 53 in a year of 52
        return WeekAndNow{{row["week"].c_str(), postgres::instant_column(row["began"]),
                           postgres::instant_column(row["closes"])},
                          postgres::instant_column(row["now"])};
    });
}

struct Keeping {
    std::string name;  // weekly/2026-W47
    RankingRequest request;
    std::function<void()> on_user = [] {};
    std::function<void()> before_the_last = [] {};  // nobody takes over from here to the commit
};

void keep(postgres::Connection& reader, postgres::Connection& writer,
          postgres::Transaction& transaction, const std::string& run_id, const Keeping& it) {
    transaction.exec(std::string{sql::create_closing});
    postgres::CopyIn rows{writer,
                          "COPY closing_staged (rank, user_id, attempts, correct) FROM STDIN"};
    const auto ranking = rank(reader, it.request, [&](const Ranked& user) {
        rows.plain(std::to_string(user.rank));
        rows.text(user.user_id);
        rows.plain(std::to_string(user.attempts));
        rows.plain(std::to_string(user.correct));
        rows.end_row();
        it.on_user();
    });
    rows.finish();
    it.before_the_last();
    // Ranks without their close were left by hand.
    postgres::exec(transaction, "DELETE FROM nightshift.closing_ranks WHERE closing = $1::text",
                   {it.name});
    postgres::exec(transaction, sql::insert_closing_ranks, {it.name});
    const auto document = to_json(ranking.document).dump();
    postgres::exec(transaction, sql::record_closing,
                   {it.name, postgres::parameter(it.request.as_of), run_id,
                    std::to_string(ranking.users), document, sha256_hex(document)});
}

}  // namespace

ClosingWeek closing_week(postgres::Connection& postgres, const WeekRequest& request) {
    if (!request.week.empty() && !looks_like_a_week(request.week)) refuse_week(request.week);
    while (true) {
        const auto [week, now] = look_for_week(postgres, request);
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(week.closes - now);
        if (left <= 0ms) return week;
        if (left > worth_waiting) {
            throw Error{Failure::refused, "the week " + week.week + " has not closed yet",
                        "it closes at " + format_instant(week.closes), "run again then"};
        }
        std::this_thread::sleep_for(std::min(left, 250ms));
    }
}

std::optional<Closing> read_closing(postgres::Connection& postgres, const std::string& week) {
    if (!week.empty() && !looks_like_a_week(week)) refuse_week(week);
    return postgres.transaction("reading a close", [&](auto& transaction) {
        std::optional<std::string> name;
        if (!week.empty()) name = name_of(week);
        const auto rows = postgres::exec(transaction, sql::closing, {name});
        if (rows.empty()) return std::optional<Closing>{};
        const auto row = rows[0];
        const std::string closing = row["closing"].c_str();
        if (sha256_hex(row["document"].c_str()) != row["checksum"].c_str()) refuse_edited(closing);
        return std::optional{
            Closing{closing.substr(closing.find('/') + 1), postgres::instant_column(row["as_of"]),
                    postgres::instant_column(row["closed_at"]), row["run_id"].c_str(),
                    row["users"].template as<std::int64_t>(), row["document"].c_str()}};
    });
}

Closing close_week(postgres::Connection& postgres, postgres::Connection& writer,
                   const jobs::Lease& lease, const std::string& run_id, const ClosingWeek& week,
                   int top) {
    if (auto closed = read_closing(postgres, week.week)) return *closed;
    const auto name = name_of(week.week);
    writer.transaction("closing the week " + week.week, [&](auto& transaction) {
        lease.guard(transaction);
        const Keeping keeping{.name = name,
                              .request = {.as_of = week.closes, .top = top},
                              .on_user = [&lease] { lease.check(); },
                              .before_the_last = [&] { lease.confirm(transaction); }};
        keep(postgres, writer, transaction, run_id, keeping);
    });
    return read_closing(postgres, week.week).value();
}

void keep_month(postgres::Connection& reader, postgres::Connection& writer,
                postgres::Transaction& transaction, const std::string& run_id, Instant as_of,
                const std::string& zone, std::chrono::hours no_longer_ago) {
    const auto month =
        postgres::exec(transaction, sql::month_before, {postgres::parameter(as_of), zone})[0];
    const auto ended = postgres::instant_column(month["ended"]);
    if (month["is_kept"].as<bool>() || ended + no_longer_ago <= as_of) return;
    keep(reader, writer, transaction, run_id,
         {.name = month["name"].c_str(),
          .request = {.period = Period::monthly,
                      .as_of = ended,
                      .from = postgres::instant_column(month["began"])}});
}

Ranking rank_as_closed(postgres::Connection& postgres, const Closing& closing,
                       const OnUser& on_user) {
    Ranking result{.document = parse_document(closing.document),
                   .window_start = closing.as_of - length(Period::weekly)};
    postgres.snapshot("reading the close " + closing.week, [&](auto&) {
        postgres::RowStream rows{postgres, sql::closing_ranks, {name_of(closing.week)}};
        while (rows.next()) {
            const Ranked user{++result.users, rows.id(0), rows.integer(1), rows.integer(2)};
            result.attempts += user.attempts;
            on_user(user);
        }
    });
    if (result.users != closing.users) refuse_edited(name_of(closing.week));
    return result;
}

bool is_newer_than_live(postgres::Connection& postgres, Instant as_of) {
    return postgres.transaction("reading the state of the board", [&](auto& transaction) {
        const auto row =
            postgres::exec(transaction, sql::board_state, {leaderboard::name(Period::weekly)})[0];
        return row["as_of"].is_null() || postgres::instant_column(row["as_of"]) < as_of;
    });
}

}  // namespace nightshift::leaderboard
