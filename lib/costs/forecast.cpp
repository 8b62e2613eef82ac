#include "costs/forecast.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace nightshift::costs {
namespace {

using std::chrono::days;

constexpr int longest = 28;
constexpr int enough_for_weekdays = 14;
constexpr std::size_t days_of_week = 7;

using Key = std::pair<std::string, std::string>;

// The 0.9 quantile of Student's t, by Abramowitz and Stegun 26.7.5 to the second term.
double student(int freedom) {
    constexpr double z = 1.2815515655446004;
    const double n = freedom;
    return z + (std::pow(z, 3) + z) / (4 * n) +
           (5 * std::pow(z, 5) + 16 * std::pow(z, 3) + 3 * z) / (96 * n * n);
}

std::size_t weekday_of(Day day) { return std::chrono::weekday{day}.c_encoding(); }

struct Rest {
    double expected = 0;
    double margin = 0;  // of the interval, to each side
};

// Of days [today, end), by what each of the days before today has used.
Rest rest_of(const std::vector<double>& used, Day today, Day end) {
    const auto count = static_cast<int>(used.size());
    const bool by_weekday = count >= enough_for_weekdays;
    const auto slot = [&](Day day) { return by_weekday ? weekday_of(day) : 0; };
    const auto day_at = [&](std::size_t i) {
        return today - days{count} + days{static_cast<int>(i)};
    };
    std::array<double, days_of_week> sums{}, counted{}, left{};
    for (std::size_t i = 0; i < used.size(); ++i) {
        sums.at(slot(day_at(i))) += used[i];
        ++counted.at(slot(day_at(i)));
    }
    for (auto day = today; day < end; day += days{1}) ++left.at(slot(day));
    const auto mean = [&](std::size_t which) { return sums.at(which) / counted.at(which); };
    double squares = 0;
    for (std::size_t i = 0; i < used.size(); ++i)
        squares += std::pow(used[i] - mean(slot(day_at(i))), 2);
    Rest rest;
    double spread = 0;
    for (std::size_t which = 0; which < (by_weekday ? days_of_week : 1); ++which) {
        rest.expected += left.at(which) * mean(which);
        spread += left.at(which) + left.at(which) * left.at(which) / counted.at(which);
    }
    const auto freedom = count - (by_weekday ? static_cast<int>(days_of_week) : 1);
    rest.margin = student(freedom) * std::sqrt(squares / freedom) * std::sqrt(spread);
    return rest;
}

Quantity rounded(double units) {
    return whole(static_cast<std::int64_t>(std::llround(std::max(units, 0.0))));
}

double units_of(Quantity quantity) {
    return static_cast<double>(quantity.millionths) / static_cast<double>(whole(1).millionths);
}

// What is left of the month goes on as today is.
std::vector<Portion> extended(std::vector<Portion> levels, Day today, Day end) {
    std::vector<Portion> last;
    for (const auto& each : levels) {
        if (each.day == day_name(today)) last.push_back(each);
    }
    for (auto& portion : last) {
        portion.used.basis = Basis::estimated;
        for (auto day = today + days{1}; day < end; day += days{1}) {
            portion.day = day_name(day);
            levels.push_back(portion);
        }
    }
    return levels;
}

// Messages of one item: of each day of data, and of this month so far.
struct Item {
    std::vector<double> days;
    Quantity so_far = {};
    double before_today = 0;
};

std::map<Key, Item> items_of(const Usage& usage, Day today, int days_of_data) {
    const auto first = today - days{days_of_data};
    std::map<Key, Item> items;
    const auto item_of = [&](const Portion& portion) -> Item& {
        auto& item = items[{portion.used.provider, portion.used.item}];
        item.days.resize(static_cast<std::size_t>(days_of_data));
        return item;
    };
    for (const auto& each : usage.history) {
        const auto day = parse_day(each.day).value();
        if (day >= first)
            item_of(each).days.at(static_cast<std::size_t>((day - first).count())) +=
                units_of(each.used.quantity);
    }
    for (const auto& each : usage.months.front().messages) {
        auto& item = item_of(each);
        item.so_far = item.so_far + each.used.quantity;
        if (each.day < day_name(today)) item.before_today += units_of(each.used.quantity);
    }
    return items;
}

}  // namespace

int days_of_data(const Usage& usage, Day today) {
    auto first = day_name(today);
    for (const auto& each : usage.history) first = std::min(first, each.day);
    if (usage.levels_since) first = std::min(first, day_name(*usage.levels_since));
    return std::min(static_cast<int>((today - parse_day(first).value()).count()), longest);
}

std::optional<Forecast> forecast_of(const PriceBook& book, const Usage& usage, Day today) {
    const auto count = days_of_data(usage, today);
    if (count < fewest_days_of_data) return std::nullopt;
    const auto& month = usage.months.front();
    const auto end = month.month.end;
    auto others = extended(month.levels, today, end);
    for (auto& each : monthly_of(book, month.month, end, month.usual_users))
        others.push_back(std::move(each));
    auto low = others, expected = others, high = others;
    for (const auto& [key, item] : items_of(usage, today, count)) {
        const auto rest = rest_of(item.days, today, end);
        // A day that has used more already than its like does not take from those to come.
        const auto of_today = rest_of(item.days, today, today + days{1}).expected;
        const auto ahead = std::max(units_of(item.so_far) - item.before_today - of_today, 0.0);
        const auto expected_in_all = item.before_today + rest.expected + ahead;
        const auto add = [&, &so_far = item.so_far](std::vector<Portion>& to, double units) {
            to.push_back({.used = {key.first, key.second, std::max(rounded(units), so_far),
                                   Basis::estimated}});
        };
        add(low, expected_in_all - rest.margin);
        add(expected, expected_in_all);
        add(high, expected_in_all + rest.margin);
    }
    const auto name = month_name(month.month.begin);
    return Forecast{charge(book, name, low, name), charge(book, name, expected, name),
                    charge(book, name, high, name)};
}

}  // namespace nightshift::costs
