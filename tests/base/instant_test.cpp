#include "base/instant.hpp"

#include "support/catch.hpp"

#include <cstdint>
#include <random>

using namespace nightshift;
using namespace std::chrono;

namespace {

std::string formatted(std::string_view text) {
    const auto instant = parse_instant(text);
    return instant ? format_instant(*instant) : "no time";
}

Instant at(sys_days day, microseconds time = {}) { return Instant{day} + time; }

struct Example {
    const char* text;
    const char* expected;
};

}  // namespace

TEST_CASE("a time is read in UTC, in every spelling that is allowed") {
    for (const auto& [text, expected] : {
             Example{"2026-11-21T23:00:00Z", "2026-11-21T23:00:00Z"},
             {"2026-11-21t23:00:00z", "2026-11-21T23:00:00Z"},
             {"2026-11-21 23:00:00Z", "2026-11-21T23:00:00Z"},
             {"2026-11-21T23:00:00+00:00", "2026-11-21T23:00:00Z"},
             {"2026-11-21T23:00:00-00:00", "2026-11-21T23:00:00Z"},
             {"2026-11-21T23:00:00+05:45", "2026-11-21T17:15:00Z"},
             {"2026-11-21T23:00:00+0100", "2026-11-21T22:00:00Z"},
             {"2026-11-21T23:00:00+01", "2026-11-21T22:00:00Z"},
             {"2026-11-21T23:00:00-0330", "2026-11-22T02:30:00Z"},
             {"2026-11-21T23:00:00-00:30", "2026-11-21T23:30:00Z"},
             {"2026-01-01T00:00:00+14:00", "2025-12-31T10:00:00Z"},
             {"2026-12-31T23:30:00-01", "2027-01-01T00:30:00Z"},
             {"2026-12-31T23:30:00+23:59", "2026-12-30T23:31:00Z"},
             {"2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"},
             {"2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z"},
             {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
             {"9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"},
         }) {
        INFO(text);
        CHECK(formatted(text) == expected);
    }
    CHECK(*parse_instant("1970-01-01T00:00:01.5Z") == Instant{microseconds{1'500'000}});
    CHECK(*parse_instant("1969-12-31T23:59:59.75Z") == Instant{microseconds{-250'000}});
}

TEST_CASE("what the calendar or the clock does not have is no time") {
    for (const std::string_view text : {
             "2026-02-29T00:00:00Z",       // no leap year
             "1900-02-29T00:00:00Z",       // nor is this
             "2026-02-30T00:00:00Z",       // never
             "2026-04-31T00:00:00Z",       // 30 days
             "2026-00-10T00:00:00Z",       // month 0
             "2026-13-10T00:00:00Z",       // month 13
             "2026-01-00T00:00:00Z",       // day 0
             "2026-01-32T00:00:00Z",       // day 32
             "0000-01-01T00:00:00Z",       // year 0
             "2026-01-01T24:00:00Z",       // midnight is 00:00:00
             "2026-01-01T00:60:00Z",       //
             "2016-12-31T23:59:60Z",       // a leap second that there was
             "2026-01-01T00:00:00+24:00",  //
             "2026-01-01T00:00:00+01:60",  //
         }) {
        INFO(text);
        CHECK_FALSE(parse_instant(text));
        CHECK_FALSE(parse_written_time(text));
    }
}

TEST_CASE("text that is not wholly a time is no time") {
    for (const std::string_view text : {"",
                                        "Z",
                                        "2026",
                                        "2026-11-21",
                                        "2026-11-21Z",
                                        "2026-11-21T23",
                                        "2026-11-21T23:00",
                                        "2026-11-21T23:00Z",
                                        "2026-11-21T23:00:00.Z",
                                        "2026-11-21T23:00:00.",
                                        "26-11-21T23:00:00Z",
                                        "2026-1-21T23:00:00Z",
                                        "2026-11-21T9:00:00Z",
                                        "2026/11/21T23:00:00Z",
                                        "20261121T230000Z",
                                        "2026-11-21_23:00:00Z",
                                        "2026-11-21  23:00:00Z",
                                        " 2026-11-21T23:00:00Z",
                                        "2026-11-21T23:00:00Z ",
                                        "2026-11-21T23:00:00 Z",
                                        "2026-11-21T23:00:00ZZ",
                                        "2026-11-21T23:00:00+",
                                        "2026-11-21T23:00:00+1",
                                        "2026-11-21T23:00:00+01:",
                                        "2026-11-21T23:00:00+01:0",
                                        "2026-11-21T23:00:00+010",
                                        "2026-11-21T23:00:00+01:00:00",
                                        "2026-11-21T23:00:00,5Z",
                                        "-026-11-21T23:00:00Z",
                                        "+2026-11-21T23:00:00Z",
                                        "12026-11-21T23:00:00Z",
                                        "2026-11-21T23:00:00Europe/Berlin",
                                        "now"}) {
        INFO(text);
        CHECK_FALSE(parse_instant(text));
        CHECK_FALSE(parse_written_time(text));
    }
}

TEST_CASE("a time without an offset is written, but no instant") {
    CHECK_FALSE(parse_instant("2026-11-21T23:00:00"));
    const auto written = parse_written_time("2026-11-21 23:00:00.25");
    REQUIRE(written);
    CHECK_FALSE(written->offset);
    CHECK(written->local.time_since_epoch() ==
          at(2026y / November / 21, 23h + 250ms).time_since_epoch());
}

TEST_CASE("a written time keeps its own clock and its offset, east positive") {
    for (const auto& [suffix, offset] : {std::pair{"Z", 0min},
                                         {"+05:45", 345min},
                                         {"-00:30", -30min},
                                         {"-0330", -210min},
                                         {"+01", 60min}}) {
        INFO(suffix);
        const auto written = parse_written_time(std::string{"2026-11-21T23:00:00"} + suffix);
        REQUIRE(written);
        CHECK(written->offset == offset);
        CHECK(written->local.time_since_epoch() ==
              at(2026y / November / 21, 23h).time_since_epoch());
    }
}

TEST_CASE("a fraction is rounded half up at the seventh digit and carries as far as the year") {
    for (const auto& [text, expected] : {
             Example{"2026-01-01T00:00:00.1Z", "2026-01-01T00:00:00.100000Z"},
             {"2026-01-01T00:00:00.000001Z", "2026-01-01T00:00:00.000001Z"},
             {"2026-01-01T00:00:00.0000004Z", "2026-01-01T00:00:00Z"},
             {"2026-01-01T00:00:00.0000005Z", "2026-01-01T00:00:00.000001Z"},
             {"2026-01-01T00:00:00.00000049999Z", "2026-01-01T00:00:00Z"},
             {"2026-01-01T00:00:00.1234565000Z", "2026-01-01T00:00:00.123457Z"},
             {"2026-01-01T00:00:00.123456789012345678901234567890Z", "2026-01-01T00:00:00.123457Z"},
             {"2026-12-31T23:59:59.9999994Z", "2026-12-31T23:59:59.999999Z"},
             {"2026-12-31T23:59:59.9999995Z", "2027-01-01T00:00:00Z"},
             {"1969-12-31T23:59:59.9999995Z", "1970-01-01T00:00:00Z"},
             {"1969-12-31T23:59:59.0000005Z", "1969-12-31T23:59:59.000001Z"},
         }) {
        INFO(text);
        CHECK(formatted(text) == expected);
    }
}

TEST_CASE("an offset or a rounding that leads out of the years 1 to 9999 makes it no time") {
    for (const std::string_view text : {"0001-01-01T00:30:00+01:00", "9999-12-31T23:30:00-01:00",
                                        "9999-12-31T23:59:59.9999995Z"}) {
        INFO(text);
        CHECK(formatted(text) == "no time");
    }
    CHECK_FALSE(parse_written_time("9999-12-31T23:59:59.9999995"));
}

TEST_CASE("an instant is written with microseconds only where it has some") {
    CHECK(format_instant(Instant{}) == "1970-01-01T00:00:00Z");
    CHECK(format_instant(at(2026y / November / 21, 23h)) == "2026-11-21T23:00:00Z");
    CHECK(format_instant(at(2026y / November / 21, 1us)) == "2026-11-21T00:00:00.000001Z");
    CHECK(format_instant(at(2026y / November / 21, 500ms)) == "2026-11-21T00:00:00.500000Z");
    CHECK(format_instant(Instant{microseconds{-1}}) == "1969-12-31T23:59:59.999999Z");
}

TEST_CASE("a timestamp for Postgres is appended, always with six digits") {
    std::string line = "x\t";
    append_timestamp(line, local_time<microseconds>{local_days{2026y / November / 21} + 23h});
    append_timestamp(line, local_time<microseconds>{local_days{812y / March / 5} + 7us});
    CHECK(line == "x\t2026-11-21 23:00:00.0000000812-03-05 00:00:00.000007");
}

TEST_CASE("what is written is read back as the same instant") {
    std::mt19937_64 random{20'261'121};
    const auto first = at(1y / January / 1).time_since_epoch().count();
    const auto last = at(9999y / December / 31).time_since_epoch().count();
    std::uniform_int_distribution<std::int64_t> any{first, last};
    for (int i = 0; i < 20'000; ++i) {
        const Instant instant{microseconds{any(random)}};
        const auto text = format_instant(instant);
        if (parse_instant(text) != instant) {
            INFO(text);
            CHECK(parse_instant(text) == instant);
        }
    }
}

TEST_CASE("now is what the system's clock says, to the microsecond") {
    const auto before = floor<microseconds>(system_clock::now());
    const auto between = now();
    CHECK(before <= between);
    CHECK(between <= system_clock::now());
}
