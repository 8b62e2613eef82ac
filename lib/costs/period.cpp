#include "costs/period.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace nightshift::costs {
namespace {

using std::chrono::days;
using std::chrono::months;
using std::chrono::year_month;
using std::chrono::year_month_day;

year_month year_month_of(Day day) {
    const year_month_day date{day};
    return date.year() / date.month();
}

}  // namespace

std::optional<Day> parse_day(const std::string& text) {
    constexpr std::size_t length = 10;
    const auto instant = parse_instant(text + "T00:00:00Z");
    if (!instant || text.size() != length) return std::nullopt;
    return day_of(*instant);
}

std::optional<Period> parse_month(const std::string& text) {
    const auto first = parse_day(text + "-01");
    if (!first) return std::nullopt;
    return month_of(*first);
}

std::string day_name(Day day) {
    return fmt::format("{}-{:02}", month_name(day),
                       static_cast<unsigned>(year_month_day{day}.day()));
}

std::string month_name(Day day) {
    const auto which = year_month_of(day);
    return fmt::format("{:04}-{:02}", static_cast<int>(which.year()),
                       static_cast<unsigned>(which.month()));
}

std::string period_name(const Period& period) {
    if (period == month_of(period.begin)) return month_name(period.begin);
    return day_name(period.begin) + " to " + day_name(period.end - days{1});
}

Day day_of(Instant instant) { return std::chrono::floor<days>(instant); }

Period month_of(Day day) {
    const auto which = year_month_of(day);
    return {Day{which / 1}, Day{(which + months{1}) / 1}};
}

std::vector<Period> months_of(const Period& period) {
    std::vector<Period> all;
    for (auto day = period.begin; day < period.end; day = all.back().end)
        all.push_back(month_of(day));
    return all;
}

bool is_whole_months(const Period& period) {
    return month_of(period.begin).begin == period.begin && month_of(period.end).begin == period.end;
}

Period previous(const Period& period, Day today) {
    if (!is_whole_months(period)) return {period.begin - days{period.days()}, period.begin};
    const auto count = static_cast<int>(months_of(period).size());
    const Period before{Day{(year_month_of(period.begin) - months{count}) / 1}, period.begin};
    if (count > 1 || today < period.begin || today >= period.end) return before;
    return {before.begin, std::min(before.begin + (today - period.begin) + days{1}, before.end)};
}

}  // namespace nightshift::costs
