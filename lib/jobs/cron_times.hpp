// The five time fields of a crontab line, and when they come round: crontab(5) of Debian and of
// cronie.
//
// The clock is a zone's. Where a field for hours or minutes begins with * cron goes by the new time
// at once when clocks change; other lines it runs once: soon after where their time was skipped,
// and the first time where it is repeated.
#pragma once

#include "base/instant.hpp"

#include <bitset>
#include <string>
#include <string_view>
#include <vector>

namespace nightshift::jobs {

struct CronTimes {
    std::bitset<60> minutes;
    std::bitset<24> hours;
    std::bitset<32> days;      // 1 to 31
    std::bitset<13> months;    // 1 to 12
    std::bitset<7> weekdays;   // 0 is Sunday
    bool any_day = true;       // days is *
    bool any_weekday = true;   // where neither of both is, a day of either counts
    bool by_the_clock = true;  // hours or minutes begin with *
};

// "17 * * * *", "2,32 6-18/2 1 jan mon", "@daily". Throws Error (data) that names the field.
CronTimes parse_cron_times(std::string_view text);

enum class Firing { plain, after_a_gap, repeated };

struct CronTick {
    Instant at;
    Firing firing = Firing::plain;
};

// The first ones after an instant: so many at most, within so many days.
// Throws Error (configuration) for a zone that this machine does not know.
std::vector<CronTick> next_ticks(const CronTimes& times, const std::string& zone, Instant after,
                                 std::size_t most, std::chrono::days within);

// By how much one zone's clock is ahead of another's, at most, in the year after an instant. Less
// than a day, as between the hours at which two zones change their clocks, does not count.
std::chrono::minutes most_ahead(const std::string& zone, const std::string& other, Instant after);

// Whether that time of day is skipped by the zone's clock on some day of the year after an instant.
bool skips(const std::string& zone, std::chrono::minutes time_of_day, Instant after);

// Of /etc/localtime, as cron has it. Throws Error (configuration) where that says none.
std::string system_zone();

// 2026-11-22 14:17 and how far that is from UTC: for people.
std::string local_text(Instant instant, const std::string& zone);

}  // namespace nightshift::jobs
