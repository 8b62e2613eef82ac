// What a month will cost in the end, against figures that were reckoned by hand.
#include "costs/forecast.hpp"

#include "support/catch.hpp"

#include <cmath>

using namespace nightshift;
using namespace nightshift::costs;

namespace {

Day day(const std::string& text) { return parse_day(text).value(); }

// A message costs 1.00, so that costs are messages.
PriceBook book() {
    return {.name = "mine",
            .currency = "USD",
            .as_of = "",
            .prices = {{.provider = "p",
                        .item = "push",
                        .service = "push",
                        .unit = "message",
                        .steps = {{{}, Money{1'000'000'000}}}},
                       {.provider = "postgresql",
                        .item = "postgresql/storage",
                        .service = "postgresql",
                        .unit = "GB-month",
                        .steps = {{{}, Money{1'000'000'000}}}}}};
}

Portion messages(Day when, std::int64_t count) {
    return {.used = {"p", "push", whole(count)}, .day = day_name(when)};
}

// So many on each of the days before today, the last one yesterday.
Usage used(Day today, const std::vector<std::int64_t>& counts) {
    Usage usage{.period = month_of(today), .months = {{.month = month_of(today)}}};
    auto when = today - std::chrono::days{static_cast<int>(counts.size())};
    for (const auto count : counts) {
        usage.history.push_back(messages(when, count));
        if (when >= usage.period.begin) usage.months[0].messages.push_back(messages(when, count));
        when += std::chrono::days{1};
    }
    return usage;
}

double dollars(const std::vector<Charge>& charges) {
    return static_cast<double>(sum_of(charges).cost.net.billionths) / 1e9;
}

}  // namespace

TEST_CASE("under seven days of data there is no forecast") {
    const auto today = day("2026-11-07");
    const auto six = used(today, {1, 2, 3, 4, 5, 6});
    CHECK(days_of_data(six, today) == 6);
    CHECK_FALSE(forecast_of(book(), six, today));
    CHECK(forecast_of(book(), used(today, {1, 1, 2, 3, 4, 5, 6}), today));
    CHECK_FALSE(forecast_of(book(), used(today, {}), today));
}

TEST_CASE("of a week of data the mean goes on, within Student's t") {
    // Seven days, mean 40, standard deviation 10 * sqrt(28 / 6); 23 days are left.
    const auto today = day("2026-11-08");
    const auto forecast =
        forecast_of(book(), used(today, {10, 20, 30, 40, 50, 60, 70}), today).value();
    CHECK(dollars(forecast.expected) == 280 + 23 * 40);
    const auto deviation = 10 * std::sqrt(28.0 / 6);
    // The 0.9 quantile for 6 degrees of freedom is 1.4398 in the tables.
    const auto margin = 1.4398 * deviation * std::sqrt(23 + 23.0 * 23 / 7);
    CHECK(std::abs(dollars(forecast.high) - (1200 + margin)) < 1.0);
    CHECK(std::abs(dollars(forecast.low) - (1200 - margin)) < 1.0);
}

TEST_CASE("of two weeks each weekday goes on as it was, and what repeats itself is certain") {
    // 2026-11-15 is a Sunday; Saturdays and Sundays have 10, other days 100.
    const auto today = day("2026-11-15");
    std::vector<std::int64_t> counts;
    for (auto when = today - std::chrono::days{14}; when < today; when += std::chrono::days{1}) {
        const auto weekday = std::chrono::weekday{when};
        counts.push_back(weekday == std::chrono::Saturday || weekday == std::chrono::Sunday ? 10
                                                                                            : 100);
    }
    const auto forecast = forecast_of(book(), used(today, counts), today).value();
    // November 2026 has nine days of week ends.
    CHECK(dollars(forecast.expected) == 21 * 100 + 9 * 10);
    CHECK(dollars(forecast.low) == dollars(forecast.expected));
    CHECK(dollars(forecast.high) == dollars(forecast.expected));
}

TEST_CASE("a forecast is never below what was used already, and levels go on") {
    const auto today = day("2026-11-08");
    auto usage = used(today, {10, 10, 10, 10, 10, 10, 10});
    usage.months[0].messages.push_back(messages(today, 5000));
    // What today has more does not take from the 22 days to come.
    CHECK(dollars(forecast_of(book(), usage, today)->low) == 5070 + 220);
    auto levels = used(today, {});
    for (auto when = levels.period.begin; when <= today; when += std::chrono::days{1})
        levels.months[0].levels.push_back(
            {.used = {"postgresql", "postgresql/storage", Quantity{100'000}},
             .day = day_name(when)});
    levels.levels_since = levels.period.begin;
    CHECK(dollars(forecast_of(book(), levels, today)->expected) == 3.0);
    auto monthly = book();
    monthly.monthly.push_back({"p", "push", whole(300), false, Basis::assumed});
    CHECK(dollars(forecast_of(monthly, levels, today)->expected) == 303.0);
}
