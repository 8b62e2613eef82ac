// The Sunday close, and who is around a user.
#include "leaderboard/closing.hpp"

#include "leaderboard/scene.hpp"
#include "support/catch.hpp"
#include "support/expect.hpp"

#include <csignal>

#include <nlohmann/json.hpp>

using namespace nightshift;
using namespace nightshift::test;
using nlohmann::json;

namespace {

const std::vector<std::string> close_w11{"recompute-leaderboard", "--period", "weekly", "--close",
                                         "2026-W11"};  // closes on 2026-03-15

// User n has n attempts in the hour before noon of 2026-03-10.
void add_ladder(const Scene& scene, int users) {
    const auto count = std::to_string(users);
    scene.database.query(
        "INSERT INTO users (id, name) SELECT n, 'user ' || n FROM "
        "generate_series(1, " +
        count + ") n");
    scene.database.query(
        "INSERT INTO attempts (user_id, question_id, is_correct, attempted_at) "
        "SELECT n, 1, true, '2026-03-10T11:30:00Z' FROM generate_series(1, " +
        count + ") n, generate_series(1, n)");
}

}  // namespace

TEST_CASE("a week is closed as of its Sunday 23:00, with everybody's rank, once") {
    const Scene scene;
    add_ladder(scene, 120);
    const auto closed = scene.nightshift(close_w11);
    INFO(closed.err);
    REQUIRE(closed.exit_code == 0);
    const auto shown = scene.nightshift({"leaderboard", "close", "show", "2026-W11", "--json"});
    const auto closing = json::parse(shown.out);
    CHECK(closing["as_of"] == "2026-03-15T23:00:00Z");
    CHECK(closing["users_ranked"] == 120);
    CHECK(closing["document"]["leaderboard"].size() == 100);
    CHECK(closing["document"]["updated_at"] == "2026-03-15T23:00:00Z");
    CHECK(closing["document"]["leaderboard"][0]["user_id"] == 120);
    CHECK(scene.database.query(
              "SELECT count(*) FROM nightshift.closing_ranks WHERE closing = "
              "'weekly/2026-W11' AND rank + user_id = 121 AND attempts = user_id") == "120");
    CHECK(json::parse(scene.document()) == closing["document"]);  // it was published too

    // Attempts that come later change nothing, whoever asks.
    scene.database.query(
        "INSERT INTO attempts (user_id, question_id, is_correct, attempted_at) "
        "SELECT 1, 1, true, '2026-03-12T12:00:00Z' FROM generate_series(1, 500)");
    CHECK(scene.nightshift(close_w11).exit_code == 0);
    auto rerun = close_w11;
    rerun.insert(rerun.end(), {"--once-per", "week", "--rerun"});
    CHECK(scene.nightshift(rerun).exit_code == 0);
    const auto later = scene.nightshift({"leaderboard", "close", "show", "--json"});
    CHECK(json::parse(later.out)["document"] == closing["document"]);
    CHECK(scene.database.query("SELECT rank FROM nightshift.closing_ranks WHERE user_id = 1") ==
          "120");
    CHECK(scene.database.query("SELECT count(*) FROM nightshift.board_closings") == "1");
}

TEST_CASE("what is published of a close is what was kept, though attempts came in between") {
    const Scene scene;
    add_ladder(scene, 120);
    auto without_redis = scene.environment();
    without_redis["REDIS_URL"] = "redis://127.0.0.1:1";
    CHECK(run(program(close_w11, without_redis)).exit_code == 69);
    CHECK(scene.database.query("SELECT count(*) FROM nightshift.board_closings") == "1");
    scene.database.query(
        "INSERT INTO attempts (user_id, question_id, is_correct, attempted_at) "
        "SELECT 1, 1, true, '2026-03-12T12:00:00Z' FROM generate_series(1, 500)");
    const auto again = scene.nightshift(close_w11);
    INFO(again.err);
    CHECK(again.exit_code == 0);
    CHECK(scene.document() ==
          scene.database.query("SELECT document FROM nightshift.board_closings"));
    CHECK(scene.ranks().size() == 120);
    CHECK(scene.ranks().at("1") == 120);
    CHECK(scene.ranks().at("120") == 1);
}

TEST_CASE("a close that was paused blocks no other, and keeps nothing when it goes on") {
    const Scene scene;
    scene.database.query(
        "INSERT INTO users (id, name) SELECT n, 'user' FROM generate_series(1, 60000) n");
    scene.database.query(
        "INSERT INTO attempts (user_id, question_id, is_correct, attempted_at) "
        "SELECT n, 1, true, '2026-03-10T11:30:00Z' FROM generate_series(1, 60000) n");
    Background paused{program(close_w11, scene.environment())};
    REQUIRE(eventually([&] {
        const auto rows =
            scene.database.query("SELECT max(tuples_processed) FROM pg_stat_progress_copy");
        if (rows.empty() || std::stoi(rows) < 100) return false;
        paused.signal(SIGSTOP);
        return true;
    }));
    scene.database.query("UPDATE nightshift.job_leases SET expires_at = clock_timestamp()");
    auto next = close_w11;
    next.insert(next.end(), {"--lock-wait", "0", "--hard-timeout", "9"});
    CHECK(scene.nightshift(next).exit_code == 0);
    paused.signal(SIGCONT);
    CHECK(paused.wait() == 75);
    CHECK(scene.database.query("SELECT count(*) FROM nightshift.closing_ranks") == "60000");
}

TEST_CASE("a close that was changed by hand is not passed on, and ranks without one are replaced") {
    const Scene scene;
    add_ladder(scene, 20);
    REQUIRE(scene.nightshift(close_w11).exit_code == 0);
    scene.database.query("DELETE FROM nightshift.job_runs; DELETE FROM nightshift.board_closings");
    CHECK(scene.nightshift(close_w11).exit_code == 0);
    scene.database.query(
        "DELETE FROM nightshift.job_runs; DELETE FROM nightshift.boards;"
        "DELETE FROM nightshift.closing_ranks WHERE rank > 10");
    const auto fewer = scene.nightshift(close_w11);
    CHECK(fewer.exit_code == 65);
    CHECK_THAT(fewer.err, ContainsSubstring("weekly/2026-W11 is not as it was kept"));
    scene.database.query("UPDATE nightshift.board_closings SET document = '{'");
    const auto shown = scene.nightshift({"leaderboard", "close", "show", "--json"});
    CHECK(shown.exit_code == 65);
    CHECK(json::parse(shown.out)["ok"] == false);
}

TEST_CASE("a close that comes on Monday is as of Sunday, and leaves a newer board alone") {
    const Scene scene;
    scene.add_users(5);
    scene.rebuild("2026-03-16T09:00:00Z");
    const auto live = scene.document();
    const auto closed = scene.nightshift(close_w11);
    INFO(closed.err);
    REQUIRE(closed.exit_code == 0);
    CHECK(scene.document() == live);
    CHECK(scene.database.query("SELECT as_of AT TIME ZONE 'UTC' FROM nightshift.board_closings") ==
          "2026-03-15 23:00:00");
    const auto none = scene.nightshift({"leaderboard", "close", "show", "2026-W10"});
    CHECK(none.exit_code == 1);
    CHECK_THAT(none.out, ContainsSubstring("--close 2026-W10'"));
    CHECK(scene.nightshift({"leaderboard", "close", "show", "W10"}).exit_code == 64);
}

TEST_CASE("a week that another run closed, perhaps in another zone, is not said to be closed now") {
    const Scene scene;
    REQUIRE(scene.nightshift(close_w11).exit_code == 0);
    scene.database.query("DELETE FROM nightshift.job_runs");
    auto elsewhere = scene.environment();
    elsewhere["NIGHTSHIFT_ZONE"] = "Asia/Tokyo";
    const auto again = run(program(close_w11, elsewhere));
    CHECK(again.exit_code == 0);
    CHECK_THAT(again.out, ContainsSubstring("an earlier run closed the week 2026-W11"));
    CHECK_THAT(again.err, ContainsSubstring("closed in another zone"));
}

TEST_CASE("a week closes on the clock of its zone, also when that clock has just changed") {
    const Scene scene;
    const auto as_of = [&](const std::string& week, const std::string& zone) {
        return leaderboard::closing_week(*scene.database.connect(), {.week = week, .zone = zone})
            .closes;
    };
    const auto at = [](const std::string& text) { return parse_instant(text).value(); };
    CHECK(as_of("2026-W11", "UTC") == at("2026-03-15T23:00:00Z"));
    CHECK(as_of("2026-W13", "Europe/Berlin") == at("2026-03-29T21:00:00Z"));  // summer since 02:00
    CHECK(as_of("2025-W43", "Europe/Berlin") == at("2025-10-26T22:00:00Z"));  // winter since 03:00
    CHECK(as_of("2026-W11", "Asia/Kathmandu") == at("2026-03-15T17:15:00Z"));
    CHECK(as_of("2020-W53", "UTC") == at("2021-01-03T23:00:00Z"));
    const auto week = leaderboard::closing_week(
        *scene.database.connect(), {.within = at("2026-03-11T12:00:00Z"), .zone = "UTC"});
    CHECK(week.week == "2026-W11");
    CHECK(week.began == at("2026-03-09T00:00:00Z"));
    for (const std::string wrong : {"2021-W53", "2026-W00", "2026W11", "week"}) {
        CHECK(error_of([&] { as_of(wrong, "UTC"); }).failure == Failure::usage);
    }
    CHECK(error_of([&] { as_of("2999-W01", "UTC"); }).failure == Failure::refused);
    const auto latest = leaderboard::closing_week(*scene.database.connect(), {});
    CHECK(latest.closes <= now());
    CHECK(latest.closes > now() - std::chrono::days{8});
}

TEST_CASE("who is around a user: as many on each side, and at an end more on the other") {
    const Scene scene;
    add_ladder(scene, 130);  // user n has rank 131 - n
    scene.rebuild(noon);
    const auto around = [&](const std::string& user, const std::string& count) {
        const auto asked =
            scene.nightshift({"leaderboard", "around", user, "--count", count, "--json"});
        INFO(asked.err);
        REQUIRE(asked.exit_code == 0);
        return json::parse(asked.out);
    };
    const auto ranks = [](const json& found) {
        std::vector<int> all;
        for (const auto& each : found["around"]) all.push_back(each["rank"]);
        return all;
    };
    CHECK(ranks(around("81", "2")) == std::vector{48, 49, 50, 51, 52});
    CHECK(ranks(around("130", "2")) == std::vector{1, 2, 3, 4, 5});
    CHECK(ranks(around("129", "2")) == std::vector{1, 2, 3, 4, 5});
    CHECK(ranks(around("1", "2")) == std::vector{126, 127, 128, 129, 130});
    CHECK(ranks(around("65", "1000")).size() == 130);
    const auto edge = around("31", "1");  // ranks 99 to 101
    CHECK(edge["rank"] == 100);
    CHECK(edge["around"][1]["attempts"] == 31);
    CHECK(edge["around"][2]["attempts"].is_null());
    CHECK(edge["around"][2]["user_id"] == 30);
    CHECK(edge["around"][2]["name"] ==
          scene.database.query("SELECT name FROM users WHERE id = 30"));
    CHECK_THAT(scene.nightshift({"leaderboard", "around", "31", "--count", "1"}).out,
               ContainsSubstring(">"));
}

TEST_CASE("around a user who is not ranked, does not exist, or whose board is not there") {
    const Scene scene;
    scene.add_users(3);
    CHECK(scene.nightshift({"leaderboard", "around", "1"}).exit_code == 1);
    scene.database.query("INSERT INTO users (id, name) VALUES (99, 'idle')");
    scene.rebuild(noon);
    const auto idle = scene.nightshift({"leaderboard", "around", "99", "--json"});
    CHECK(idle.exit_code == 0);
    CHECK(json::parse(idle.out)["rank"].is_null());
    CHECK(json::parse(idle.out)["around"].empty());
    CHECK(scene.nightshift({"leaderboard", "around", "100"}).exit_code == 65);
}
