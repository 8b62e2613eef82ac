// What a month has used, counted by our own tables.
#pragma once

#include "base/instant.hpp"
#include "costs/bill.hpp"
#include "costs/groups.hpp"
#include "postgres/connection.hpp"

#include <optional>
#include <string>
#include <vector>

namespace nightshift::costs {

struct Month {
    std::string name;  // 2026-11
    Instant begin;     // UTC
    Instant end;       // of the month, exclusive
};

// nullopt: it is none.
std::optional<Month> parse_month(const std::string& text);
Month month_of(Instant instant);

// Messages by provider and item, in segments where they are SMS; parted by day and kind where that
// is asked for.
struct Parted {
    bool by_day = false;
    bool by_kind = false;
};
std::vector<Portion> messages_of(postgres::Connection& postgres, const Month& month,
                                 const Parted& parted = {});

}  // namespace nightshift::costs
