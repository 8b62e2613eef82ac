#include "jobs/cron_times.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <date/tz.h>
#include <fmt/format.h>

namespace nightshift::jobs {
namespace {

using std::chrono::days;
using std::chrono::minutes;

struct Field {
    std::string_view name;
    int lowest;
    int highest;
    std::string_view words;  // three letters each, of the lowest and so on
};

constexpr std::array<Field, 5> fields{{{"minute", 0, 59, ""},
                                       {"hour", 0, 23, ""},
                                       {"day of month", 1, 31, ""},
                                       {"month", 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec"},
                                       {"day of week", 0, 7, "sunmontuewedthufrisat"}}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> nicknames{
    {{"@yearly", "0 0 1 1 *"},
     {"@annually", "0 0 1 1 *"},
     {"@monthly", "0 0 1 * *"},
     {"@weekly", "0 0 * * 0"},
     {"@daily", "0 0 * * *"},
     {"@midnight", "0 0 * * *"},
     {"@hourly", "0 * * * *"}}};

[[noreturn]] void refuse(const Field& field, std::string_view text) {
    throw Error{Failure::data, fmt::format("{} is no {}", excerpt(text), field.name),
                fmt::format("it must be numbers from {} to {}, such as 1,5-9 or */2", field.lowest,
                            field.highest)};
}

// "3-9/2" becomes "3-9", and step 2; without a separator the second part is empty.
std::pair<std::string_view, std::optional<std::string_view>> split(std::string_view text,
                                                                   char separator) {
    const auto at = text.find(separator);
    if (at == std::string_view::npos) return {text, std::nullopt};
    return {text.substr(0, at), text.substr(at + 1)};
}

int value_of(const Field& field, std::string_view text) {
    const auto word = text.size() == 3 ? field.words.find(lowered(text)) : std::string_view::npos;
    if (word != std::string_view::npos && word % 3 == 0)
        return field.lowest + static_cast<int>(word / 3);
    const auto number = parse_integer<int>(text);
    if (!number || *number < field.lowest || *number > field.highest) refuse(field, text);
    return *number;
}

// A set of numbers, bit n for n.
std::bitset<64> parse_field(const Field& field, std::string_view text) {
    std::bitset<64> set;
    std::optional<std::string_view> rest = text;
    while (rest) {
        const auto [part, others] = split(*rest, ',');
        rest = others;
        const auto [range, step_text] = split(part, '/');
        const auto [from_text, until_text] = split(range, '-');
        const auto step = step_text ? parse_integer<int>(*step_text) : 1;
        const bool all = range == "*";
        if (!step || *step < 1 || (step_text && !all && !until_text)) refuse(field, part);
        const int from = all ? field.lowest : value_of(field, from_text);
        const int until = all ? field.highest : until_text ? value_of(field, *until_text) : from;
        if (until < from) refuse(field, part);
        for (int number = from; number <= until; number += *step)
            set.set(static_cast<std::size_t>(number));
    }
    return set;
}

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    while (true) {
        const auto begin = text.find_first_not_of(" \t");
        if (begin == std::string_view::npos) return words;
        text.remove_prefix(begin);
        const auto end = std::min(text.find_first_of(" \t"), text.size());
        words.push_back(text.substr(0, end));
        text.remove_prefix(end);
    }
}

const date::time_zone& zone_named(const std::string& name) {
    try {
        return *date::locate_zone(name);
    } catch (const std::exception&) {
        throw Error{Failure::configuration, "this machine knows no time zone " + excerpt(name),
                    "it is not in /usr/share/zoneinfo", "give an IANA name such as Africa/Banjul"};
    }
}

date::sys_time<std::chrono::microseconds> to_date(Instant instant) {
    return date::sys_time<std::chrono::microseconds>{instant.time_since_epoch()};
}

bool has_day(const CronTimes& times, date::local_days day) {
    const date::year_month_day calendar{day};
    if (!times.months[unsigned{calendar.month()}]) return false;
    const bool of_month = times.days[unsigned{calendar.day()}];
    const bool of_week = times.weekdays[date::weekday{day}.c_encoding()];
    if (!times.any_day && !times.any_weekday) return of_month || of_week;
    return of_month && of_week;
}

// When a local time comes round: never, once, or twice.
void add_ticks(const CronTimes& times, const date::time_zone& zone, date::local_time<minutes> local,
               std::vector<CronTick>& ticks) {
    const auto info = zone.get_info(local);
    const auto at = [](auto instant) {
        return Instant{std::chrono::floor<std::chrono::microseconds>(instant.time_since_epoch())};
    };
    const auto by_offset = [&](const date::sys_info& offset) {
        return at(date::sys_time<minutes>{local.time_since_epoch()} - offset.offset);
    };
    if (info.result == date::local_info::nonexistent) {
        if (!times.by_the_clock) ticks.push_back({at(info.first.end), Firing::after_a_gap});
        return;
    }
    const bool twice = info.result == date::local_info::ambiguous;
    ticks.push_back({by_offset(info.first), twice ? Firing::repeated : Firing::plain});
    if (twice && times.by_the_clock) ticks.push_back({by_offset(info.second), Firing::repeated});
}

std::vector<CronTick> ticks_of_day(const CronTimes& times, const date::time_zone& zone,
                                   date::local_days day) {
    std::vector<CronTick> ticks;
    for (std::size_t hour = 0; hour < 24; ++hour) {
        if (!times.hours[hour]) continue;
        for (std::size_t minute = 0; minute < 60; ++minute) {
            if (times.minutes[minute]) {
                add_ticks(times, zone,
                          day + std::chrono::hours{hour} + minutes{static_cast<int>(minute)},
                          ticks);
            }
        }
    }
    std::sort(ticks.begin(), ticks.end(),
              [](const auto& one, const auto& other) { return one.at < other.at; });
    return ticks;
}

}  // namespace

CronTimes parse_cron_times(std::string_view text) {
    text = trimmed(text);
    for (const auto& [nickname, meaning] : nicknames) {
        if (text == nickname) text = meaning;
    }
    const auto words = words_of(text);
    if (words.size() != fields.size()) {
        throw Error{Failure::data, excerpt(text) + " is no time of a crontab",
                    "it must be five fields: minute, hour, day of month, month, day of week"};
    }
    std::array<std::bitset<64>, 5> sets;
    for (std::size_t i = 0; i < fields.size(); ++i) sets[i] = parse_field(fields[i], words[i]);
    CronTimes times;
    times.minutes = std::bitset<60>{sets[0].to_ullong()};
    times.hours = std::bitset<24>{sets[1].to_ullong()};
    times.days = std::bitset<32>{sets[2].to_ullong()};
    times.months = std::bitset<13>{sets[3].to_ullong()};
    times.weekdays = std::bitset<7>{(sets[4].to_ullong() & 0x7f) | (sets[4][7] ? 1 : 0)};
    times.any_day = words[2].starts_with('*');
    times.any_weekday = words[4].starts_with('*');
    times.by_the_clock = words[0].starts_with('*') || words[1].starts_with('*');
    return times;
}

std::vector<CronTick> next_ticks(const CronTimes& times, const std::string& zone, Instant after,
                                 std::size_t most, days within) {
    const auto& place = zone_named(zone);
    const auto today = date::floor<date::days>(place.to_local(to_date(after)));
    std::vector<CronTick> ticks;
    for (auto day = today; day <= today + within && ticks.size() < most; day += days{1}) {
        if (!has_day(times, day)) continue;
        for (const auto& tick : ticks_of_day(times, place, day)) {
            const bool doubled = !ticks.empty() && ticks.back().at == tick.at;
            if (tick.at > after && !doubled && ticks.size() < most) ticks.push_back(tick);
        }
    }
    return ticks;
}

minutes most_ahead(const std::string& zone, const std::string& other, Instant after) {
    const auto& one = zone_named(zone);
    const auto& two = zone_named(other);
    auto most = minutes::min();
    const auto end = to_date(after) + days{366};
    for (auto at = to_date(after); at < end;) {
        const auto mine = one.get_info(at);
        const auto theirs = two.get_info(at);
        const auto until = std::min(mine.end, theirs.end);
        if (until - std::max(mine.begin, theirs.begin) >= days{1})
            most = std::max(most, std::chrono::floor<minutes>(mine.offset - theirs.offset));
        at = until;
    }
    return most;
}

bool skips(const std::string& zone, minutes time_of_day, Instant after) {
    const auto& place = zone_named(zone);
    const auto end = to_date(after) + days{366};
    auto before = place.get_info(to_date(after));
    while (before.end < end) {
        const auto next = place.get_info(before.end);
        const auto gap = next.offset - before.offset;
        const auto begin = (before.end + before.offset).time_since_epoch();
        const auto into = (begin % days{1} + days{1}) % days{1};  // of its local day
        const auto from_gap = (time_of_day - into + days{1}) % days{1};
        if (gap > std::chrono::seconds{0} && from_gap < gap) return true;
        before = next;
    }
    return false;
}

std::string system_zone() {
    try {
        return date::current_zone()->name();
    } catch (const std::exception&) {
        throw Error{Failure::configuration, "this machine does not say in which time zone it is",
                    "/etc/localtime is no link into /usr/share/zoneinfo",
                    "give the zone of cron's clock with --cron-zone"};
    }
}

std::string local_text(Instant instant, const std::string& zone) {
    return date::format(
        "%F %H:%M %z", date::make_zoned(&zone_named(zone), date::floor<minutes>(to_date(instant))));
}

}  // namespace nightshift::jobs
