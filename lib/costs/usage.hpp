// What a time has used, counted by our own tables: messages, and the levels that jobs note once a
// day because they cannot be measured afterwards; with what a book says that every month uses.
#pragma once

#include "costs/charge.hpp"
#include "costs/period.hpp"
#include "postgres/connection.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace nightshift::costs {

struct MonthUsage {
    Period month;  // the whole of it, up to today
    std::vector<Portion> messages = {};
    std::vector<Portion> levels = {};               // by day
    std::vector<Portion> monthly = {};              // by day
    std::optional<std::int64_t> active_users = {};  // up to today; nothing: nobody has noted any
    // Of the whole month: while it runs as many as in the month before, where those are more.
    std::optional<std::int64_t> usual_users = {};
};

struct Usage {
    Period period;
    std::vector<MonthUsage> months;            // every one that the period has a day of
    std::vector<Portion> history = {};         // messages by day, of the 28 days before today
    std::optional<std::int64_t> objects = {};  // of media, on its last day
    std::optional<Day> sizes_since = {};       // in the months; nothing: there are none
    std::optional<Day> levels_since = {};      // of any kind, from the month before on
};

struct Breakdown {
    bool by_day = false;
    bool by_kind = false;
    bool with_history = false;
};

// From one snapshot. Levels count from the first day that one was noted; what a day lacks is taken
// from the last one within the week before it (estimated). A day's bytes are so much of a GB-month
// (of 2^30).
Usage usage_of(postgres::Connection& postgres, const PriceBook& book, const Period& period,
               Day today, const Breakdown& breakdown = {});

// The period's part of what its months cost: steps, plans and what is free are of whole months.
// prices_of: the month whose prices count, such as 2026-10; empty: each month has its own.
std::vector<Charge> charges_of(const PriceBook& book, const Usage& usage,
                               const std::string& prices_of = {});

// What every month uses by the book, for the days of one before until.
std::vector<Portion> monthly_of(const PriceBook& book, const Period& month, Day until,
                                std::optional<std::int64_t> active_users,
                                Basis of_users = Basis::measured);

// Notes today's levels where nobody has within the hour: bytes of the database, how many were
// active since the month began, and of Redis what redis_bytes() says, which may be nothing; once a
// day bytes and objects of media. Each takes ten seconds at most. Throws Error.
void note_levels(postgres::Connection& postgres,
                 const std::function<std::optional<std::int64_t>()>& redis_bytes);

}  // namespace nightshift::costs
