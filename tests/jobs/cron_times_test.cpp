// The times of a crontab: against the real crontab(1), and minute by minute against the C library's
// zones.
#include "jobs/cron_times.hpp"

#include "support/catch.hpp"
#include "support/expect.hpp"
#include "support/local_dates.hpp"
#include "support/process.hpp"
#include "support/servers.hpp"

#include <random>
#include <set>

#include <fmt/format.h>

using namespace nightshift;
using namespace nightshift::jobs;
using namespace nightshift::test;
using std::chrono::days;

namespace {

Instant at(const std::string& text) { return parse_instant(text).value(); }

std::string ticks_text(const std::string& times, const std::string& zone, const std::string& after,
                       std::size_t most) {
    std::string text;
    for (const auto& tick : next_ticks(parse_cron_times(times), zone, at(after), most, days{400})) {
        text += (text.empty() ? "" : " ") + format_instant(tick.at);
        if (tick.firing == Firing::after_a_gap) text += "(gap)";
        if (tick.firing == Firing::repeated) text += "(twice)";
    }
    return text;
}

bool is_accepted(const std::string& times) {
    try {
        parse_cron_times(times);
        return true;
    } catch (const Error&) {
        return false;
    }
}

template <typename Random>
std::string random_field(Random& random, int highest) {
    const auto upto = [&random](int most) {
        return std::uniform_int_distribution{0, most}(random);
    };
    const auto number = [&] { return std::to_string(upto(highest + 1)); };
    const auto range = [&] {
        const auto [from, until] = std::minmax({upto(highest + 1), upto(highest + 1)});
        return std::to_string(from) + "-" + std::to_string(until);
    };
    std::string field;
    for (int part = upto(2); part >= 0; --part) {
        switch (upto(6)) {
            case 0:
                field += "*";
                break;
            case 1:
                field += "*/" + std::to_string(upto(7));
                break;
            case 2:
                field += range();
                break;
            case 3:
                field += range() + "/" + std::to_string(upto(9));
                break;
            default:
                field += number();
        }
        if (part > 0) field += ",";
    }
    return field;
}

}  // namespace

TEST_CASE("the times of a crontab are read as the real crontab reads them") {
    std::vector<std::string> all{
        "17 * * * *",      "*/15 * * * *",     "0 0 1 1 *",     "0 0 * * 7",  "0 0 * * sun",
        "0 0 * Jan *",     "0 0 * * MON-fri",  "60 * * * *",    "* 24 * * *", "* * 0 * *",
        "* * 32 * *",      "* * * 13 *",       "* * * 0 *",     "* * * * 8",  "* * * *",
        "*/0 * * * *",     "1,2,59 3-4 * * *", "x * * * *",     "-1 * * * *", "1- * * * *",
        "1,,2 * * * *",    "1,2, * * * *",     "@hourly",       "@daily",     "@midnight",
        "@yearly",         "@annually",        "@monthly",      "@weekly",    "@often",
        "0 0 * jan-mar *", "*/2,5 * * * *",    "0 0 * * sunday"};
    std::mt19937 random{20261122};
    while (all.size() < 160) {
        all.push_back(random_field(random, 59) + " " + random_field(random, 23) + " " +
                      random_field(random, 31) + " " + random_field(random, 12) + " " +
                      random_field(random, 7));
    }
    const TemporaryFolder folder;
    std::size_t accepted = 0;
    for (const auto& times : all) {
        const auto path = folder.file("crontab", times + " /bin/true\n");
        const bool real = run({.command = {"crontab", "-n", path}}).exit_code == 0;
        INFO(times);
        CHECK(is_accepted(times) == real);
        accepted += real ? 1U : 0U;
    }
    CHECK(accepted > 20);
    CHECK(accepted < all.size() - 20);
}

TEST_CASE("a range that cron takes for empty, and what it leaves out, are errors") {
    const TemporaryFolder folder;
    for (const std::string times : {"5-1 * * * *", "1.5 * * * *"}) {
        INFO(times);
        CHECK(run({.command = {"crontab", "-n", folder.file("crontab", times + " true\n")}})
                  .exit_code == 0);
        CHECK(!is_accepted(times));
    }
}

TEST_CASE("what is no time names the field") {
    const auto refused = error_of([] { parse_cron_times("5 25 * * *"); });
    CHECK(refused.failure == Failure::data);
    CHECK_THAT(words_of(refused), ContainsSubstring("25 is no hour"));
    CHECK_THAT(words_of(error_of([] { parse_cron_times("5 2 * *"); })),
               ContainsSubstring("five fields"));
}

TEST_CASE("ticks by hand where clocks change") {
    // New York, 8 March 2026: 02:00 is 03:00; 1 November: 01:00 to 02:00 comes twice.
    CHECK(ticks_text("30 2 * * *", "America/New_York", "2026-03-07T12:00:00Z", 2) ==
          "2026-03-08T07:00:00Z(gap) 2026-03-09T06:30:00Z");
    CHECK(ticks_text("30 * * * *", "America/New_York", "2026-03-08T06:00:00Z", 2) ==
          "2026-03-08T06:30:00Z 2026-03-08T07:30:00Z");
    CHECK(ticks_text("30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z", 2) ==
          "2026-11-01T05:30:00Z(twice) 2026-11-02T06:30:00Z");
    CHECK(ticks_text("30 * * * *", "America/New_York", "2026-11-01T05:00:00Z", 2) ==
          "2026-11-01T05:30:00Z(twice) 2026-11-01T06:30:00Z(twice)");
    // Lord Howe, 4 October 2026: 02:00 is 02:30.
    CHECK(ticks_text("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00Z", 1) ==
          "2026-10-03T15:30:00Z(gap)");
    // Half-hour zones, a leap day, and either of two days.
    CHECK(ticks_text("0 0 * * *", "Asia/Kathmandu", "2026-03-01T00:00:00Z", 1) ==
          "2026-03-01T18:15:00Z");
    CHECK(ticks_text("0 0 29 2 *", "UTC", "2027-03-01T00:00:00Z", 1) == "2028-02-29T00:00:00Z");
    CHECK(ticks_text("0 0 13 * fri", "UTC", "2026-11-01T00:00:00Z", 3) ==
          "2026-11-06T00:00:00Z 2026-11-13T00:00:00Z 2026-11-20T00:00:00Z");
    CHECK(ticks_text("0 0 31 2 *", "UTC", "2026-11-01T00:00:00Z", 3).empty());
    CHECK_THAT(
        words_of(error_of([] { ticks_text("@daily", "Foo/Bar", "2026-11-01T00:00:00Z", 1); })),
        ContainsSubstring("knows no time zone Foo/Bar"));
}

TEST_CASE("ticks are those of a look at every minute") {
    std::mt19937 random{7};
    LocalDates dates;
    // Around the changes of clocks in each of these, and a month on.
    const std::vector<std::pair<std::string, std::string>> scenes{
        {"UTC", "2026-02-25T00:00:00Z"},
        {"America/New_York", "2026-03-06T00:00:00Z"},
        {"Europe/London", "2026-10-23T00:00:00Z"},
        {"Australia/Lord_Howe", "2026-04-02T00:00:00Z"},
        {"Asia/Kolkata", "2026-12-20T00:00:00Z"}};
    std::size_t compared = 0;
    for (const auto& [zone, begin] : scenes) {
        for (int round = 0; round < 12; ++round) {
            const auto text = random_field(random, 58) + " " + random_field(random, 22) + " " +
                              random_field(random, 30) + " * " + random_field(random, 6);
            if (!is_accepted(text)) continue;
            INFO(text << " in " << zone);
            const auto times = parse_cron_times(text);
            const auto after = at(begin);
            std::vector<Instant> expected;
            std::set<std::tuple<int, int, int>> seen;  // local times, of lines that run once
            for (auto minute = after + std::chrono::minutes{1}; minute < after + days{20};
                 minute += std::chrono::minutes{1}) {
                const auto local = dates.local(minute, zone);
                const auto is_set = [](const auto& set, int number) {
                    return bool{set[static_cast<std::size_t>(number)]};
                };
                const bool of_month = is_set(times.days, local.tm_mday);
                const bool of_week = is_set(times.weekdays, local.tm_wday);
                const bool of_day =
                    times.any_day || times.any_weekday ? of_month && of_week : of_month || of_week;
                if (!of_day || !is_set(times.hours, local.tm_hour) ||
                    !is_set(times.minutes, local.tm_min) || !is_set(times.months, local.tm_mon + 1))
                    continue;
                if (times.by_the_clock ||
                    seen.insert({local.tm_yday, local.tm_hour, local.tm_min}).second)
                    expected.push_back(minute);
            }
            std::vector<Instant> found;
            for (const auto& tick : next_ticks(times, zone, after, 100'000, days{21})) {
                if (tick.at < after + days{20} && tick.firing != Firing::after_a_gap)
                    found.push_back(tick.at);
            }
            CHECK(found == expected);
            compared += expected.size();
        }
    }
    CHECK(compared > 1000);
}

TEST_CASE("how far one clock is ahead of another, at most") {
    const auto now = at("2026-11-22T00:00:00Z");
    CHECK(most_ahead("UTC", "UTC", now).count() == 0);
    CHECK(most_ahead("UTC", "Africa/Banjul", now).count() == 0);
    CHECK(most_ahead("UTC", "Asia/Kolkata", now).count() == -330);
    CHECK(most_ahead("UTC", "Europe/London", now).count() == 0);
    CHECK(most_ahead("Europe/London", "UTC", now).count() == 60);
    CHECK(most_ahead("America/New_York", "Europe/London", now).count() == -240);
}
