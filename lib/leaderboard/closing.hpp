// The Sunday close: the weekly board as of Sunday 23:00:00 in a zone, kept in Postgres with
// everybody's rank, once and for good. Result messages read only this. When it is made does not
// matter: attempts that arrive later than the close is made do not change it.
#pragma once

#include "jobs/lease.hpp"
#include "leaderboard/ranking.hpp"
#include "postgres/connection.hpp"

#include <optional>
#include <string>

namespace nightshift::leaderboard {

inline constexpr const char* closing_job = "close-leaderboard/weekly";

struct ClosingWeek {
    std::string week;  // 2026-W47, ISO 8601
    Instant began;     // Monday 00:00 in the zone
    Instant closes;    // Sunday 23:00
};

struct WeekRequest {
    std::string week = {};  // empty: the one around within, else the latest that has closed
    std::optional<Instant> within = std::nullopt;
    std::string zone = "UTC";
};

// Waits for one that closes within a minute. Throws Error: usage for what is no week, refused for
// one that has not closed yet.
ClosingWeek closing_week(postgres::Connection& postgres, const WeekRequest& request);

struct Closing {
    std::string week;
    Instant as_of;
    Instant closed_at;
    std::string run_id;
    std::int64_t users = 0;
    std::string document;  // JSON, as a board's
};

// week: empty is the latest. Nothing: it was not closed. Throws Error (usage) for what is no week.
std::optional<Closing> read_closing(postgres::Connection& postgres, const std::string& week);

// Under the caller's lease on job(Period::weekly). Ranks and document are kept in one transaction.
// writer: a second connection, as one streams while the other is loaded.
// A week that was closed stays as it is, and is returned.
Closing close_week(postgres::Connection& postgres, postgres::Connection& writer,
                   const jobs::Lease& lease, const std::string& run_id, const ClosingWeek& week,
                   int top);

// Keeps everybody's rank in the month before as_of, by the zone's calendar, as monthly/2026-10,
// once, and only where the month ended no longer ago than that. In the caller's transaction on
// writer, which must keep other such callers out; reader: a second connection, as one streams while
// the other is loaded.
void keep_month(postgres::Connection& reader, postgres::Connection& writer,
                postgres::Transaction& transaction, const std::string& run_id, Instant as_of,
                const std::string& zone, std::chrono::hours no_longer_ago);

// As it was kept, like rank().
Ranking rank_as_closed(postgres::Connection& postgres, const Closing& closing,
                       const OnUser& on_user);

// Whether the live board stands as of an earlier time, or was never published.
bool is_newer_than_live(postgres::Connection& postgres, Instant as_of);

}  // namespace nightshift::leaderboard
