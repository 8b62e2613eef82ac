// Zones: days of those whose clocks change, learners who move, and names that are no zone.
#include "streaks/explain.hpp"
#include "streaks/learners.hpp"
#include "support/catch.hpp"
#include "support/expect.hpp"

using namespace nightshift;
using namespace nightshift::test;

namespace {

// The attempts of a learner, and the streak at a time.
struct Example {
    std::string zone;
    std::vector<std::string> attempts;
    std::string as_of;
    int streak;
};

}  // namespace

TEST_CASE("days by hand in zones whose clocks change") {
    const std::vector<Example> rows{
        // New York, 8 March 2026: 02:00 is 03:00; that day has 23 hours.
        {"America/New_York",
         {"2026-03-08T04:59:00Z", "2026-03-08T05:00:00Z", "2026-03-09T03:59:59Z"},
         "2026-03-09T12:00:00Z",
         2},  // 7 March 23:59, 8 March 00:00 and 23:59:59
        {"America/New_York",
         {"2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"},
         "2026-03-10T12:00:00Z",
         2},
        {"America/New_York", {"2026-03-08T05:00:00Z"}, "2026-03-10T03:59:59Z", 1},
        {"America/New_York", {"2026-03-08T05:00:00Z"}, "2026-03-10T04:00:00Z", 0},
        // 1 November: 01:00 to 02:00 comes twice.
        {"America/New_York",
         {"2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z", "2026-11-02T05:00:00Z"},
         "2026-11-02T06:00:00Z",
         2},
        // London, 29 March 2026.
        {"Europe/London",
         {"2026-03-28T23:59:59Z", "2026-03-29T22:59:59Z", "2026-03-29T23:00:00Z"},
         "2026-03-30T12:00:00Z",
         3},
        {"Europe/London", {"2026-03-28T23:59:59Z"}, "2026-03-29T22:59:59Z", 1},
        {"Europe/London", {"2026-03-28T23:59:59Z"}, "2026-03-29T23:00:00Z", 0},
        // Lord Howe, 5 April 2026: 02:00 is 01:30; UTC+11 before, UTC+10:30 after.
        {"Australia/Lord_Howe",
         {"2026-04-04T12:59:59Z", "2026-04-04T13:00:00Z", "2026-04-05T13:29:59Z",
          "2026-04-05T13:30:00Z"},
         "2026-04-06T00:00:00Z",
         3},
        {"Australia/Lord_Howe", {"2026-04-04T13:00:00Z"}, "2026-04-06T13:29:59Z", 1},
        {"Australia/Lord_Howe", {"2026-04-04T13:00:00Z"}, "2026-04-06T13:30:00Z", 0},
        // Apia had no 30 December 2011: UTC-10 until its midnight, UTC+14 from then on.
        {"Pacific/Apia",
         {"2011-12-29T20:00:00Z", "2011-12-30T12:00:00Z"},
         "2011-12-31T09:00:00Z",
         2},  // the 29th and the 31st
        {"Pacific/Apia", {"2011-12-29T20:00:00Z"}, "2011-12-31T09:59:59Z", 1},
        {"Pacific/Apia", {"2011-12-29T20:00:00Z"}, "2011-12-31T10:00:00Z", 0},
        // Banjul has UTC's days, Kathmandu's begin at 18:15.
        {"Africa/Banjul",
         {"2026-03-10T23:59:59Z", "2026-03-11T00:00:00Z"},
         "2026-03-12T23:59:59Z",
         2},
        {"Africa/Banjul",
         {"2026-03-10T23:59:59Z", "2026-03-11T00:00:00Z"},
         "2026-03-13T00:00:00Z",
         0},
        {"Asia/Kathmandu",
         {"2026-03-10T18:14:59Z", "2026-03-10T18:15:00Z"},
         "2026-03-11T00:00:00Z",
         2},
        // An abbreviation too: with daylight saving all the same.
        {"CET", {"2026-07-10T21:59:59Z", "2026-07-10T22:00:00Z"}, "2026-07-11T00:00:00Z", 2}};
    const Learners learners;
    int user = 0;
    for (const auto& row : rows) {
        learners.add(++user, row.zone);
        for (const auto& each : row.attempts) learners.attempt(user, each);
        INFO(row.zone << " " << user << " as of " << row.as_of);
        learners.database.query("TRUNCATE nightshift.arrivals");  // each a first pass
        learners.pass(row.as_of, {.adopt = streaks::Adopt::recompute});
        CHECK(learners.streak(user) == row.streak);
    }
}

TEST_CASE("a learner who moves keeps the days that were earned") {
    const Learners learners;
    learners.add(1, "Pacific/Pago_Pago");         // UTC-11
    learners.add(2, "Asia/Tokyo");                // UTC+9
    learners.attempt(1, "2026-03-11T10:30:00Z");  // the 10th, 23:30
    learners.attempt(2, "2026-03-10T16:00:00Z");  // the 11th, 01:00
    learners.pass("2026-03-11T10:40:00Z");
    // To Kiritimati, UTC+14: from the 10th to the 12th in a moment. There was no 11th.
    learners.database.query("UPDATE users SET timezone = 'Pacific/Kiritimati' WHERE id = 1");
    // To New York: it is the 10th again.
    learners.database.query("UPDATE users SET timezone = 'America/New_York' WHERE id = 2");
    learners.pass("2026-03-11T10:50:00Z");
    CHECK(learners.streak(1) == 1);
    learners.attempt(1, "2026-03-11T11:00:00Z");  // the 12th, 01:00
    learners.attempt(2, "2026-03-12T03:00:00Z");  // the 11th, 23:00
    learners.attempt(2, "2026-03-12T05:00:00Z");  // the 12th, 01:00
    learners.pass("2026-03-12T06:00:00Z");
    CHECK(learners.streak(1) == 2);
    CHECK(learners.streak(2) == 2);  // the 11th counts once
    CHECK(learners.database.query("SELECT string_agg(day::text, ' ' ORDER BY day) FROM "
                                  "nightshift.active_days WHERE user_id = 1") ==
          "2026-03-10 2026-03-12");
}

TEST_CASE("attempts of one quarter-hour that fall on two days are told apart") {
    const Learners learners;
    const auto days = [&](int user) {
        return learners.database.query(
            "SELECT string_agg(day || ' ' || attempts, ', ' ORDER BY day) FROM "
            "nightshift.active_days WHERE user_id = " +
            std::to_string(user));
    };
    learners.add(1, "America/St_Johns");  // 29 October 2006: 00:01 is 23:01 of the day before
    learners.add(2, "Africa/Monrovia");   // 44 minutes and 30 seconds from UTC, until 1972
    learners.add(3, "Pacific/Pago_Pago");
    learners.pass("1970-01-01T00:00:00Z");
    learners.attempt(2, "1970-06-10T00:44:29Z");
    learners.attempt(2, "1970-06-10T00:44:30Z");
    learners.attempt(2, "1970-06-10T00:44:31Z");
    learners.attempt(1, "2006-10-29T02:30:59Z");
    learners.attempt(1, "2006-10-29T02:31:00Z");
    learners.database.query("UPDATE users SET timezone = 'Pacific/Kiritimati' WHERE id = 3");
    learners.pass("2026-03-11T10:07:00Z");
    CHECK(days(1) == "2006-10-28 1, 2006-10-29 1");
    CHECK(days(2) == "1970-06-09 1, 1970-06-10 2");
    learners.attempt(3, "2026-03-11T10:06:59Z");
    learners.attempt(3, "2026-03-11T10:07:00Z");
    learners.pass("2026-03-11T10:20:00Z");
    CHECK(days(3) == "2026-03-10 1, 2026-03-12 1");
}

TEST_CASE("an attempt without a time, or at no time, stops no pass") {
    const Learners learners;
    learners.add(1, "Asia/Tokyo");
    learners.pass("2026-03-09T12:00:00Z");
    learners.attempt(1, "infinity");
    learners.attempt(1, "2026-03-10T12:00:00Z");
    CHECK(learners.pass("2026-03-10T13:00:00Z").future_attempts == 1);
    learners.attempt(1, "-infinity");
    learners.attempt(1, "4714-11-24 00:00:00 BC");
    learners.pass("2026-03-10T14:00:00Z");
    CHECK(learners.streak(1) == 1);
    learners.pass("2026-03-10T14:00:00Z", {.rebuild = true});
    CHECK(learners.streak(1) == 1);
    for (const std::string when : {"infinity", "-infinity"}) {
        learners.database.query(
            "UPDATE users SET study_streak = 2147483647, "
            "last_activity_date = '" +
            when + "'");
        learners.pass("2026-03-10T14:00:00Z");
        CHECK(learners.streak(1) == 1);
        learners.database.query("UPDATE users SET last_activity_date = '" + when + "'");
        streaks::explain(*learners.database.connect(), "1", {});
    }
    learners.pass("2026-03-10T14:00:00Z");
}

TEST_CASE("a zone that is none is the default, counted and named; none at all is the default") {
    const Learners learners;
    learners.add(1, "Mars/Olympus");
    learners.add(2, "Foo+5");
    learners.add(3, "africa/BANJUL");
    learners.database.query("INSERT INTO users (id, name, timezone) VALUES (4, 'user', NULL)");
    for (int user = 1; user <= 4; ++user) learners.attempt(user, "2026-03-10T16:00:00Z");
    const auto pass = learners.pass("2026-03-10T17:00:00Z", {.default_zone = "Asia/Tokyo"});
    CHECK(pass.invalid_zones == 2);
    REQUIRE(pass.invalid_examples.size() == 2);
    CHECK(pass.invalid_examples[0].named == "Mars/Olympus");
    CHECK(learners.database.query("SELECT string_agg(user_id || ' ' || day, ', ' ORDER BY user_id) "
                                  "FROM nightshift.active_days") ==
          "1 2026-03-11, 2 2026-03-11, 3 2026-03-10, 4 2026-03-11");
}

TEST_CASE("another default zone is a move for whoever has none") {
    const Learners learners;
    learners.add(1, "no zone");
    learners.add(2, "Europe/London");
    learners.database.query("INSERT INTO users (id, name, timezone) VALUES (3, 'user', NULL)");
    learners.pass("2026-03-09T12:00:00Z");
    for (const int user : {1, 2, 3}) learners.attempt(user, "2026-03-10T10:00:00Z");
    learners.pass("2026-03-10T10:30:00Z", {.default_zone = "UTC"});
    CHECK(learners.streak(1) == 1);
    // There it is the 12th from 11:00 of the 11th on.
    for (const int user : {1, 2, 3}) learners.attempt(user, "2026-03-11T10:40:00Z");
    learners.pass("2026-03-11T11:00:00Z", {.default_zone = "pacific/auckland"});
    learners.pass("2026-03-12T11:00:00Z", {.default_zone = "pacific/auckland"});
    CHECK(learners.streak(1) == 0);
    CHECK(learners.streak(2) == 2);
    CHECK(learners.streak(3) == 0);
    CHECK(learners.database.query("SELECT string_agg(zone, ' ' ORDER BY user_id, valid_from) FROM "
                                  "nightshift.user_zones") ==
          "UTC Pacific/Auckland Europe/London UTC Pacific/Auckland");
    for (const std::string name : {"Foo/Bar", "localtime"}) {
        const auto refused =
            error_of([&] { learners.pass("2026-03-12T12:00:00Z", {.default_zone = name}); });
        CHECK(refused.failure == Failure::configuration);
        CHECK_THAT(refused.what(), ContainsSubstring("Postgres knows no zone"));
    }
}
