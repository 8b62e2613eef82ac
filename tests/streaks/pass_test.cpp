// Streaks by hand: days, zones, late attempts, events, first passes, and what is refused.
#include "streaks/pass.hpp"

#include "attempts/arrivals.hpp"
#include "streaks/explain.hpp"
#include "streaks/learners.hpp"
#include "support/catch.hpp"
#include "support/expect.hpp"

using namespace nightshift;
using namespace nightshift::test;

TEST_CASE("a streak grows with each of the learner's own days, and a missed one breaks it") {
    const Learners learners;
    learners.add(1, "UTC");
    learners.pass("2026-03-09T12:00:00Z");
    learners.attempt(1, "2026-03-10T08:00:00Z");
    learners.attempt(1, "2026-03-10T09:00:00Z");
    const auto first = learners.pass("2026-03-10T12:00:00Z");
    CHECK(first.started == 1);
    CHECK(first.active == 1);
    CHECK(learners.streak(1) == 1);
    learners.attempt(1, "2026-03-11T23:59:59Z");
    const auto second = learners.pass("2026-03-12T00:30:00Z");
    CHECK(second.extended == 1);
    CHECK(learners.streak(1) == 2);
    CHECK(learners.pass("2026-03-12T23:59:59Z").broken == 0);
    CHECK(learners.streak(1) == 2);
    const auto broken = learners.pass("2026-03-13T00:00:00Z");
    CHECK(broken.broken == 1);
    CHECK(broken.active == 0);
    CHECK(learners.streak(1) == 0);
    CHECK(learners.events(1) == "extended 2026-03-11, broken 2026-03-12");
    CHECK(learners.database.query("SELECT length FROM nightshift.streak_events WHERE kind = "
                                  "'broken'") == "2");
    CHECK(learners.database.query("SELECT last_activity_date AT TIME ZONE 'UTC' FROM users") ==
          "2026-03-11 23:59:59");
}

TEST_CASE(
    "skipped attempts make no day, and attempts of the future wait until the as-of is there") {
    const Learners learners;
    learners.add(1, "UTC");
    learners.pass("2026-03-09T12:00:00Z");
    learners.attempt(1, "2026-03-10T08:00:00Z", true);
    learners.attempt(1, "2026-03-12T08:00:00Z");
    const auto before = learners.pass("2026-03-11T00:00:00Z");
    CHECK(before.future_attempts == 1);
    CHECK(learners.streak(1) == 0);
    CHECK(learners.pass("2026-03-12T07:59:59Z").future_attempts == 1);
    const auto reached = learners.pass("2026-03-12T08:00:00Z");
    CHECK(reached.future_attempts == 0);
    CHECK(reached.started == 1);
    CHECK(learners.streak(1) == 1);
}

// The attempts of a learner, and the streak at a time.
struct Table {
    std::string zone;
    std::vector<std::string> attempts;
    std::string as_of;
    int streak;
};

TEST_CASE("days by hand in zones whose clocks change") {
    const std::vector<Table> rows{
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

TEST_CASE("an attempt that is committed late, after later ones, is not lost") {
    const Learners learners;
    learners.add(1, "UTC");
    learners.add(2, "UTC");
    learners.pass("2026-03-09T12:00:00Z");
    pqxx::connection other{learners.database.url()};
    pqxx::work late{other};
    late.exec(
        "INSERT INTO attempts (user_id, question_id, is_correct, attempted_at) VALUES (1, 1, "
        "true, '2026-03-10T08:00:00Z')");
    learners.attempt(2, "2026-03-10T08:00:00Z");
    learners.pass("2026-03-10T12:00:00Z");
    CHECK(learners.streak(1) == 0);
    CHECK(learners.streak(2) == 1);
    late.commit();
    learners.pass("2026-03-10T13:00:00Z");
    CHECK(learners.streak(1) == 1);
}

TEST_CASE(
    "a user's row that was written right after the last pass is seen, however busy others are") {
    const Learners learners;
    learners.add(1, "UTC");
    learners.attempt(1, "2026-03-10T08:00:00Z");
    learners.pass("2026-03-10T12:00:00Z");
    learners.database.query("UPDATE users SET timezone = 'Asia/Tokyo'");
    learners.database.connect()->repeatable("taking in", [&](auto& transaction) {
        attempts::arrivals_state(transaction);  // the snapshot; and before our own writes
        for (int i = 0; i < 50; ++i) learners.database.query("SELECT pg_current_xact_id()");
        attempts::take_in(transaction, {.as_of = at("2026-03-10T13:00:00Z"),
                                        .seen_at = at("2026-03-10T13:00:00Z"),
                                        .default_zone = "UTC"});
    });
    CHECK(learners.database.query("SELECT string_agg(zone, ' ' ORDER BY valid_from) FROM "
                                  "nightshift.user_zones") == "UTC Asia/Tokyo");
}

TEST_CASE("a row that does not change is not written, and one that the app has locked is left") {
    const Learners learners;
    learners.add(1, "UTC");
    learners.add(2, "UTC");
    learners.pass("2026-03-09T12:00:00Z");
    for (int user = 1; user <= 2; ++user) learners.attempt(user, "2026-03-10T08:00:00Z");
    pqxx::connection app{learners.database.url()};
    auto writing = std::make_unique<pqxx::work>(app);
    writing->exec("UPDATE users SET name = 'new' WHERE id = 1");
    const auto pass = learners.pass("2026-03-10T12:00:00Z");
    CHECK(pass.locked == 1);
    CHECK(learners.streak(2) == 1);
    writing->commit();
    writing.reset();
    learners.pass("2026-03-10T12:30:00Z");
    CHECK(learners.streak(1) == 1);
    CHECK(learners.database.query("SELECT name FROM users WHERE id = 1") == "new");
    const auto rows = learners.database.query("SELECT string_agg(ctid::text, ' ') FROM users");
    learners.pass("2026-03-10T13:00:00Z");
    learners.pass("2026-03-11T13:00:00Z");
    CHECK(learners.database.query("SELECT string_agg(ctid::text, ' ') FROM users") == rows);
}

TEST_CASE("what the app wrote into a streak is put right") {
    const Learners learners;
    learners.add(1, "UTC");
    learners.pass("2026-03-09T12:00:00Z");
    learners.attempt(1, "2026-03-10T08:00:00Z");
    learners.pass("2026-03-10T12:00:00Z");
    for (const std::string wrong :
         {"study_streak = 99", "study_streak = 0, last_activity_date = NULL",
          "study_streak = NULL"}) {
        learners.database.query("UPDATE users SET " + wrong);
        learners.pass("2026-03-10T13:00:00Z");
        CHECK(learners.streak(1) == 1);
    }
}

TEST_CASE("an as-of before the last pass, or in the future, is refused and changes nothing") {
    const Learners learners;
    learners.add(1, "UTC");
    learners.attempt(1, "2026-03-10T08:00:00Z");
    learners.pass("2026-03-10T12:00:00Z");
    const auto state = learners.state();
    const auto older = error_of([&] { learners.pass("2026-03-09T12:00:00Z"); });
    CHECK(older.failure == Failure::refused);
    CHECK_THAT(older.cause, ContainsSubstring("2026-03-10T12:00:00Z"));
    CHECK(error_of([&] { learners.pass("2099-01-01T00:00:00Z"); }).failure == Failure::refused);
    CHECK(learners.state() == state);
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

TEST_CASE("a first pass shrinks no streak unasked, and writes no events of the days before it") {
    const auto app_with_history = [](const Learners& learners) {
        for (int user = 1; user <= 3; ++user) learners.add(user, "UTC");
        learners.attempt(1, "2026-03-10T08:00:00Z");
        learners.database.query(
            "UPDATE users SET study_streak = 50, last_activity_date = '2026-03-10T08:00:01Z' "
            "WHERE id = 1;"
            "UPDATE users SET study_streak = 5, last_activity_date = '2026-03-01T08:00:00Z' "
            "WHERE id = 2");
    };
    SECTION("it asks") {
        const Learners learners;
        app_with_history(learners);
        const auto refused = error_of([&] { learners.pass("2026-03-10T12:00:00Z"); });
        CHECK(refused.failure == Failure::refused);
        CHECK_THAT(refused.what(), ContainsSubstring("2 streaks"));
        CHECK(learners.streak(1) == 50);
        CHECK(learners.database.query("SELECT count(*) FROM nightshift.user_zones") == "0");
    }
    SECTION("keep goes on from what the app has counted") {
        const Learners learners;
        app_with_history(learners);
        learners.pass("2026-03-10T12:00:00Z", {.adopt = streaks::Adopt::keep});
        CHECK(learners.streak(1) == 50);
        CHECK(learners.streak(2) == 5);
        learners.attempt(1, "2026-03-11T08:00:00Z");
        learners.pass("2026-03-11T12:00:00Z");
        CHECK(learners.streak(1) == 51);
        CHECK(learners.streak(2) == 0);
        CHECK(learners.events(1) == "extended 2026-03-11");
        const auto state = learners.state();
        learners.pass("2026-03-11T12:00:00Z", {.rebuild = true});
        CHECK(learners.state() == state);
    }
    SECTION("a preview of keep shrinks none either") {
        const Learners learners;
        app_with_history(learners);
        streaks::PassRequest request{.as_of = at("2026-03-10T12:00:00Z")};
        CHECK(streaks::preview(*learners.database.connect(), request).report.broken == 1);
        request.adopt = streaks::Adopt::keep;
        const auto kept = streaks::preview(*learners.database.connect(), request);
        CHECK(kept.report.broken == 0);
        CHECK(kept.report.shortened == 0);
        CHECK(kept.shrinking == 2);
    }
    SECTION("recompute trusts the attempts") {
        const Learners learners;
        app_with_history(learners);
        learners.pass("2026-03-10T12:00:00Z", {.adopt = streaks::Adopt::recompute});
        CHECK(learners.streak(1) == 1);
        CHECK(learners.streak(2) == 0);
        CHECK(learners.events(1).empty());
        CHECK(learners.events(2).empty());
    }
}

TEST_CASE("a database that was restored from another cluster's dump is refused until rebuilt") {
    const Learners learners;
    learners.add(1, "UTC");
    learners.attempt(1, "2026-03-10T08:00:00Z");
    for (int i = 0; i < 50; ++i) learners.database.query("SELECT pg_current_xact_id()");
    learners.pass("2026-03-10T12:00:00Z");
    Postgres younger;
    const Database restored{younger, Database::Schema::none};
    const auto moved = run({.command = {"sh", "-c",
                                        "pg_dump --no-owner '" + learners.database.url() +
                                            "' | psql --quiet -v "
                                            "ON_ERROR_STOP=1 '" +
                                            restored.url() + "'"},
                            .folder = "/"});
    INFO(moved.err);
    REQUIRE(moved.exit_code == 0);
    restored.query(
        "INSERT INTO attempts (id, user_id, question_id, is_correct, attempted_at) VALUES "
        "(1000, 1, 1, true, '2026-03-11T08:00:00Z')");
    const auto pass = [&](bool rebuild) {
        const auto connection = restored.connect();
        const jobs::Lease lease{restored.connect(), {.job = streaks::job, .run_id = "TEST"}};
        return streaks::check(*connection, lease,
                              {.as_of = at("2026-03-11T12:00:00Z"), .rebuild = rebuild});
    };
    const auto refused = error_of([&] { pass(false); });
    CHECK(refused.failure == Failure::refused);
    CHECK_THAT(refused.hint, ContainsSubstring("--rebuild"));
    pass(true);
    CHECK(restored.query("SELECT study_streak FROM users") == "2");
    CHECK_NOTHROW(pass(false));
}

TEST_CASE("users who are gone are forgotten") {
    const Learners learners;
    learners.add(1, "UTC");
    learners.add(2, "UTC");
    for (int user = 1; user <= 2; ++user) learners.attempt(user, "2026-03-10T08:00:00Z");
    learners.pass("2026-03-10T12:00:00Z");
    learners.database.query(
        "DELETE FROM attempts WHERE user_id = 1; DELETE FROM users WHERE id = 1");
    CHECK(eventually([&] {
        learners.pass("2026-03-10T12:00:00Z");
        return learners.database.query(
                   "SELECT string_agg(DISTINCT user_id::text, ' ') FROM (SELECT "
                   "user_id FROM nightshift.active_days UNION ALL SELECT "
                   "user_id FROM nightshift.user_zones) AS each") == "2";
    }));
}

TEST_CASE("a preview says what a pass would do, and writes nothing") {
    const Learners learners;
    learners.add(1, "UTC");
    learners.add(2, "UTC");
    learners.pass("2026-03-09T12:00:00Z");
    learners.attempt(1, "2026-03-10T08:00:00Z");
    learners.pass("2026-03-10T12:00:00Z");
    learners.attempt(2, "2026-03-12T08:00:00Z");
    const auto dump = [&] {
        return learners.state() + learners.database.query(
                                      "SELECT md5(string_agg(t, ' ')) FROM (SELECT a::text AS t "
                                      "FROM nightshift.arrivals a UNION ALL SELECT z::text FROM "
                                      "nightshift.user_zones z UNION ALL SELECT e::text FROM "
                                      "nightshift.streak_events e UNION ALL SELECT u::text FROM "
                                      "users u) AS each");
    };
    const auto before = dump();
    const streaks::PassRequest request{.as_of = at("2026-03-12T12:00:00Z")};
    const auto preview = streaks::preview(*learners.database.connect(), request);
    CHECK(preview.report.broken == 1);
    CHECK(preview.report.started == 1);
    CHECK(preview.report.active == 1);
    REQUIRE(preview.sample.size() == 2);
    CHECK(dump() == before);
    const auto pass = learners.pass("2026-03-12T12:00:00Z");
    CHECK(pass.broken == preview.report.broken);
    CHECK(pass.started == preview.report.started);
    CHECK(pass.active == preview.report.active);
}

TEST_CASE("a streak is explained by its days, zones and verdict") {
    const Learners learners;
    learners.add(1, "Asia/Tokyo");
    CHECK(error_of([&] { streaks::explain(*learners.database.connect(), "1", {}); }).failure ==
          Failure::data);
    for (const std::string day : {"09", "10"}) learners.attempt(1, "2026-03-" + day + "T16:00:00Z");
    learners.pass("2026-03-10T17:00:00Z");
    const auto it = streaks::explain(*learners.database.connect(), "1", {});
    CHECK(it.streak == 2);
    CHECK(it.today == "2026-03-11");
    CHECK(it.next_day == "2026-03-12");
    REQUIRE(it.days.size() == 2);
    CHECK(it.days[0].day == "2026-03-11");
    CHECK(it.days[0].counted == 1);
    CHECK(it.days[0].in_chain);
    REQUIRE(it.zones.size() == 1);
    CHECK(it.zones[0].zone == "Asia/Tokyo");
    CHECK(error_of([&] { streaks::explain(*learners.database.connect(), "7", {}); }).failure ==
          Failure::data);
}
