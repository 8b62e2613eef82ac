// Days and months that costs are told for, in UTC.
#pragma once

#include "base/instant.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace nightshift::costs {

using Day = std::chrono::sys_days;

struct Period {
    Day begin;
    Day end;  // exclusive

    int days() const { return static_cast<int>((end - begin).count()); }
    bool operator==(const Period&) const = default;
};

// 2026-10-15, 2026-10. nullopt: it is none.
std::optional<Day> parse_day(const std::string& text);
std::optional<Period> parse_month(const std::string& text);

std::string day_name(Day day);
std::string month_name(Day day);                // of the month that it is in
std::string period_name(const Period& period);  // 2026-10; 2026-10-01 to 2026-10-15

Day day_of(Instant instant);
Period month_of(Day day);
std::vector<Period> months_of(const Period& period);  // whole ones, of which it has a day
bool is_whole_months(const Period& period);

// What it is to be compared with: as many months before it; of a month that runs, the same days of
// the month before; else as many days before it.
Period previous(const Period& period, Day today);

}  // namespace nightshift::costs
