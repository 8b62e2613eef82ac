// Days and months, and what a period is compared with.
#include "costs/period.hpp"

#include "support/catch.hpp"

using namespace nightshift::costs;

namespace {

Day day(const std::string& text) { return parse_day(text).value(); }
Period days(const std::string& from, const std::string& to) {
    return {day(from), day(to) + std::chrono::days{1}};
}
Period month(const std::string& text) { return parse_month(text).value(); }

}  // namespace

TEST_CASE("days and months are read as they are written, and named so") {
    CHECK(day_name(day("2024-02-29")) == "2024-02-29");
    CHECK(period_name(month("2026-12")) == "2026-12");
    CHECK(period_name(days("2026-12-01", "2026-12-30")) == "2026-12-01 to 2026-12-30");
    CHECK(month("2026-12").days() == 31);
    CHECK(month("2024-02").days() == 29);
    for (const auto* bad : {"2026-02-30", "2026-2-01", "", "2026-02-01 ", "2026-02", "+026-01-01"})
        CHECK_FALSE(parse_day(bad));
    for (const auto* bad : {"2026-13", "2026", "2026-02-01", ""}) CHECK_FALSE(parse_month(bad));
}

TEST_CASE("a period has every month that it has a day of") {
    const auto names = [](const Period& period) {
        std::string all;
        for (const auto& each : months_of(period)) all += period_name(each) + " ";
        return all;
    };
    CHECK(names(month("2026-10")) == "2026-10 ");
    CHECK(names(days("2026-11-30", "2027-01-01")) == "2026-11 2026-12 2027-01 ");
    CHECK(is_whole_months(days("2026-11-01", "2026-12-31")));
    CHECK_FALSE(is_whole_months(days("2026-11-01", "2026-12-30")));
}

TEST_CASE("the previous period is as long, and of a month that runs its same days") {
    const auto before = [](const Period& period, const std::string& today) {
        return period_name(previous(period, day(today)));
    };
    CHECK(before(month("2026-10"), "2026-11-30") == "2026-09");
    CHECK(before(month("2026-01"), "2026-11-30") == "2025-12");
    CHECK(before(month("2026-11"), "2026-11-12") == "2026-10-01 to 2026-10-12");
    CHECK(before(month("2026-03"), "2026-03-31") == "2026-02");  // which has no 31st
    CHECK(before(days("2026-10-05", "2026-10-11"), "2026-11-30") == "2026-09-28 to 2026-10-04");
    CHECK(before(days("2026-09-01", "2026-10-31"), "2026-11-30") == "2026-07-01 to 2026-08-31");
}
