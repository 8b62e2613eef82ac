// Streaks by hand: days, late attempts, first passes, and what is refused.
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
        CHECK(learners.events(2).empty());  // away since long before the first pass
        const auto state = learners.state();
        learners.pass("2026-03-11T12:00:00Z", {.rebuild = true});
        CHECK(learners.state() == state);
    }
    SECTION("keep adds no day that nobody learned on") {
        const Learners learners;
        learners.add(1, "UTC");
        for (const std::string day : {"07", "08"})
            learners.attempt(1, "2026-03-" + day + "T08:00:00Z");
        learners.database.query(
            "UPDATE users SET study_streak = 2, last_activity_date = '2026-03-08T08:00:00Z'");
        learners.pass("2026-03-10T12:00:00Z", {.adopt = streaks::Adopt::keep});
        CHECK(learners.streak(1) == 2);
        learners.attempt(1, "2026-03-10T13:00:00Z");
        learners.pass("2026-03-10T14:00:00Z");
        CHECK(learners.streak(1) == 3);
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
    for (int i = 0; i < 5000; ++i) learners.database.query("SELECT pg_current_xact_id()");
    learners.attempt(1, "2026-03-10T08:00:00Z");
    learners.attempt(1, "2027-03-10T08:00:00Z");
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
    // What came with the dump is new to no pass, whatever numbers it bears.
    CHECK(restored.query("SELECT count(*) FROM attempts WHERE ingest_xid > "
                         "pg_snapshot_xmax(pg_current_snapshot())") == "0");
    CHECK(pass(false).attempts == 0);
    restored.query(
        "INSERT INTO attempts (id, user_id, question_id, is_correct, attempted_at) VALUES "
        "(1001, 1, 1, true, '2026-03-11T09:00:00Z')");
    CHECK(pass(false).attempts == 1);
    CHECK(pass(false).attempts == 0);
}

TEST_CASE(
    "attempts that came before their user are counted with the first pass that sees the user") {
    const Learners learners;
    learners.attempt(1, "2026-03-10T08:00:00Z");
    learners.pass("2026-03-10T12:00:00Z");
    learners.add(1, "Asia/Tokyo");
    learners.attempt(1, "2026-03-10T10:00:00Z");
    learners.attempt(1, "2026-03-11T10:00:00Z");
    learners.pass("2026-03-11T12:00:00Z");
    CHECK(learners.streak(1) == 2);
    CHECK(learners.database.query("SELECT string_agg(day || ' ' || attempts, ', ' ORDER BY day) "
                                  "FROM nightshift.active_days") == "2026-03-10 2, 2026-03-11 1");
}

TEST_CASE("streaks that were forced ahead of the clock are brought back by a rebuild") {
    const Learners learners;
    learners.add(1, "UTC");
    learners.pass("2026-03-09T12:00:00Z");
    learners.attempt(1, "2026-03-10T08:00:00Z");
    learners.pass("2099-01-01T00:00:00Z", {.force = true});
    CHECK(learners.streak(1) == 0);
    const auto refused = error_of([&] { learners.pass("2026-03-10T12:00:00Z"); });
    CHECK_THAT(refused.what(), ContainsSubstring("ahead of the clock"));
    CHECK_THAT(refused.hint, ContainsSubstring("--rebuild --force"));
    learners.pass("2026-03-10T12:00:00Z", {.rebuild = true, .force = true});
    CHECK(learners.streak(1) == 1);
    learners.pass("2026-03-10T13:00:00Z");
}

TEST_CASE("a role that may not write streaks is told the GRANT, by a dry run too") {
    const Learners learners;
    learners.database.query(
        "CREATE ROLE reader; GRANT USAGE ON SCHEMA public TO reader; GRANT SELECT ON ALL TABLES IN "
        "SCHEMA public TO reader; GRANT ALL ON SCHEMA nightshift TO reader; GRANT ALL ON ALL "
        "TABLES IN SCHEMA nightshift TO reader");
    for (const std::string option : {"--dry-run", "--json"}) {
        const auto finished = run(
            program({"check-streaks", option},
                    {{"DATABASE_URL", learners.database.url() + "&options=-c%20role%3Dreader"}}));
        CHECK(finished.exit_code == 78);
        CHECK_THAT(finished.err,
                   ContainsSubstring("GRANT UPDATE (study_streak, "
                                     "last_activity_date) ON public.users TO reader"));
    }
    learners.database.query("DROP OWNED BY reader; DROP ROLE reader");
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
    CHECK_FALSE(it.has_moved);
    CHECK(error_of([&] {
              streaks::explain(*learners.database.connect(), "1", at("2026-03-09T17:00:00Z"));
          }).failure == Failure::refused);
    learners.database.query("UPDATE users SET timezone = 'UTC'");
    const auto moving = streaks::explain(*learners.database.connect(), "1", {});
    CHECK(moving.has_moved);
    CHECK(moving.streak == 2);
    CHECK(moving.today == "2026-03-11");
    CHECK(error_of([&] { streaks::explain(*learners.database.connect(), "7", {}); }).failure ==
          Failure::data);
}
