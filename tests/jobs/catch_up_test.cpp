// What was missed, and catching up; the schedule that says so.
#include "support/binary.hpp"
#include "support/catch.hpp"
#include "support/expect.hpp"

#include <csignal>

#include <nlohmann/json.hpp>

using namespace nightshift;
using namespace nightshift::test;
using nlohmann::json;

namespace {

constexpr const char* one_attempt =
    "user_id,question_id,is_correct,attempted_at\n1,1,1,2026-03-10T11:00:00Z\n";

// The hourly board was rebuilt for the last time then.
void rebuild_of_five_hours_ago(const Installation& app) {
    REQUIRE(app.nightshift({"recompute-leaderboard", "--period", "weekly", "--once-per", "hour"})
                .exit_code == 0);
    app.database.query(
        "UPDATE nightshift.job_runs SET started_at = started_at - interval '5 hours', period = "
        "date_trunc('hour', now(), 'UTC') - interval '5 hours'");
}

}  // namespace

TEST_CASE("three days of downtime are known, and caught up as each job says") {
    const Installation app;
    REQUIRE(app.nightshift({"import-attempts", "-", "--create-users", "--create-questions"},
                           one_attempt)
                .exit_code == 0);
    REQUIRE(app.nightshift({"recompute-leaderboard", "--period", "weekly", "--once-per", "hour"})
                .exit_code == 0);
    REQUIRE(app.nightshift({"recompute-leaderboard", "--period", "weekly", "--close"}).exit_code ==
            0);
    // As if both had been run for the last time before the downtime; the close two weeks ago.
    app.database.query(
        "UPDATE nightshift.job_runs SET started_at = started_at - interval '72 hours', period = "
        "date_trunc('hour', now(), 'UTC') - interval '72 hours' WHERE unit = 'hour'");
    app.database.query(
        "UPDATE nightshift.job_runs SET started_at = started_at - interval '14 days', period = "
        "period - interval '14 days' WHERE unit = 'week'");
    app.database.query("DELETE FROM nightshift.board_closings");
    app.database.query("DELETE FROM nightshift.closing_ranks");

    CHECK(app.nightshift({"runs", "missed", "--check"}).exit_code == 1);
    const auto missed =
        json::parse(app.nightshift({"runs", "missed", "--json", "--days", "30"}).out);
    REQUIRE(missed["missed"].size() == 2);
    CHECK(missed["missed"][0]["job"] == "recompute-leaderboard/weekly");
    CHECK(missed["missed"][0]["periods"].size() == 71);
    CHECK(missed["missed"][0]["to_catch_up"].size() == 1);
    CHECK(missed["missed"][1]["job"] == "close-leaderboard/weekly");
    const auto closes = missed["missed"][1]["periods"].size();
    CHECK(closes == missed["missed"][1]["to_catch_up"].size());
    CHECK(closes >= 1);

    const auto planned = app.nightshift({"runs", "catch-up", "--dry-run", "--days", "30"});
    CHECK_THAT(planned.out, ContainsSubstring("--close"));
    CHECK(app.database.query("SELECT count(*) FROM nightshift.job_runs WHERE rerun IS FALSE") ==
          "3");
    const auto caught_up = app.nightshift({"runs", "catch-up", "--days", "30"});
    INFO(caught_up.out << caught_up.err);
    CHECK(caught_up.exit_code == 0);
    CHECK(app.nightshift({"runs", "missed", "--check", "--days", "30"}).exit_code == 0);
    CHECK(app.database.query("SELECT count(*) FROM nightshift.board_closings") ==
          std::to_string(closes));
    CHECK(app.nightshift({"runs", "catch-up", "--days", "30"}).out == "nothing to catch up\n");
}

TEST_CASE("a catch-up that fails in part says so") {
    const Installation app;
    rebuild_of_five_hours_ago(app);
    auto environment = app.environment();
    environment["REDIS_URL"] = "redis://127.0.0.1:1/0";
    const auto caught_up = run(program({"runs", "catch-up"}, environment));
    CHECK(caught_up.exit_code == 2);
    CHECK_THAT(caught_up.out, ContainsSubstring("69"));
    const auto failed =
        json::parse(app.nightshift({"runs", "list", "--state", "failed", "--json"}).out);
    REQUIRE(failed["runs"].size() == 1);
    CHECK(failed["runs"][0]["exit_code"] == 69);
    CHECK_THAT(failed["runs"][0]["error"].get<std::string>(), ContainsSubstring("127.0.0.1:1"));
}

TEST_CASE("a catch-up whose command is another job's has done nothing, and says so") {
    const Installation app;
    const TemporaryFolder folder;
    rebuild_of_five_hours_ago(app);
    auto environment = app.environment();
    environment["NIGHTSHIFT_SCHEDULE"] = folder.file("schedule.json", R"({"schema_version": 1,
        "jobs": [{"job": "recompute-leaderboard/weekly", "every": "hour", "missed": "latest",
                  "command": ["recompute-leaderboard", "--period", "monthly"]}]})");
    const auto caught_up = run(program({"runs", "catch-up", "--json"}, environment));
    CHECK(caught_up.exit_code == 2);
    CHECK_THAT(caught_up.err, ContainsSubstring("still missed"));
    const auto ran = json::parse(caught_up.out)["runs"];
    REQUIRE(ran.size() == 1);
    CHECK(ran[0]["exit_code"] == 0);
    CHECK(ran[0]["done"] == false);
}

TEST_CASE("a catch-up leaves alone what another host is doing, and blames nobody") {
    const Installation app;
    rebuild_of_five_hours_ago(app);
    // The latest of the missed hours, by a host that takes its time.
    pqxx::connection holder{app.database.url()};
    auto holding = std::make_unique<pqxx::work>(holder);
    holding->exec("LOCK TABLE attempts IN ACCESS EXCLUSIVE MODE");
    auto other = app.environment();
    other["NIGHTSHIFT_HOST"] = "slow-one";
    Background slow{program({"runs", "catch-up"}, other)};
    REQUIRE(eventually([&] {
        return app.database.query(
                   "SELECT count(*) FROM nightshift.job_runs WHERE state = 'running'") == "1";
    }));
    const auto caught_up = app.nightshift({"runs", "catch-up", "--json"});
    CHECK(caught_up.exit_code == 0);
    CHECK(json::parse(caught_up.out)["runs"][0]["at_work_on"] == "slow-one");
    CHECK_THAT(app.nightshift({"runs", "catch-up"}).out,
               ContainsSubstring("being done on slow-one"));
    holding.reset();
    CHECK(slow.wait() == 0);
    CHECK(app.nightshift({"runs", "missed", "--check"}).exit_code == 0);
}

TEST_CASE("what cannot be caught up keeps no check red, and what never ran is named") {
    const Installation app;
    const TemporaryFolder folder;
    rebuild_of_five_hours_ago(app);
    auto environment = app.environment();
    environment["NIGHTSHIFT_SCHEDULE"] = folder.file("schedule.json", R"({"schema_version": 1,
        "jobs": [{"job": "recompute-leaderboard/weekly", "every": "hour", "missed": "never",
                  "command": ["recompute-leaderboard", "--period", "weekly"]},
                 {"job": "recompute-leaderbord/monthly", "every": "hour", "missed": "latest",
                  "command": ["recompute-leaderboard", "--period", "monthly"]}]})");
    const auto missed = run(program({"runs", "missed", "--check", "--json"}, environment));
    CHECK(missed.exit_code == 0);
    CHECK(json::parse(missed.out)["missed"][0]["periods"].size() == 4);
    CHECK(json::parse(missed.out)["never_run"] == json::array({"recompute-leaderbord/monthly"}));
    CHECK_THAT(run(program({"runs", "missed"}, environment)).out,
               ContainsSubstring("never run: recompute-leaderbord/monthly"));
}

TEST_CASE("a job that needs a setting is part of the schedule where that is there") {
    const auto lines = [](const std::map<std::string, std::string>& settings) {
        auto environment = settings;
        environment["DATABASE_URL"] = "postgresql:///app";
        return run(program({"crontab", "print", "--user", "app"}, environment)).out;
    };
    CHECK(lines({}).find("send-reminders") == std::string::npos);
    CHECK_THAT(lines({{"EMAIL_PROVIDER", "smtp"}}),
               ContainsSubstring("send-reminders --quiet --once-per quarter-hour"));
}

TEST_CASE("the schedule is the program's own, or a file's that can be used") {
    const TemporaryFolder folder;
    const auto printed = run(program({"runs", "schedule"}));
    CHECK(printed.exit_code == 0);
    CHECK(json::parse(printed.out)["jobs"].size() >= 3);
    const auto with = [&](const std::string& text) {
        return run(program({"runs", "schedule"},
                           {{"NIGHTSHIFT_SCHEDULE", folder.file("schedule.json", text)}}));
    };
    CHECK(with(printed.out).out == printed.out);
    for (const std::string text :
         {"", "{}", R"({"schema_version": 2, "jobs": []})",
          R"({"schema_version": 1, "jobs": [{"job": "x"}]})",
          R"({"schema_version": 1, "jobs": [{"job": "x", "command": ["x"], "every": "minute",
              "missed": "each"}]})",
          R"({"schema_version": 1, "jobs": [{"job": "x", "command": ["x"], "every": "hour",
              "missed": "perhaps"}]})",
          R"({"schema_version": 1, "jobs": [{"job": "x", "command": ["x"], "every": "hour",
              "missed": "each", "color": "red"}]})",
          R"({"schema_version": 1, "jobs": []})", R"({"schema_version": 1, "jobs": [7]})", R"([1])",
          "\xff", R"({"schema_version": 1, "jobs": [{"job": "x", "every": "hour",
              "command": "check-streaks", "missed": "each"}]})",
          R"({"schema_version": 1, "jobs": [{"job": "x", "command": ["x"], "every": "hour",
              "missed": "each", "at": "banana"}]})",
          R"({"schema_version": 1, "jobs": [{"job": "x", "command": ["x"], "every": "day",
              "missed": "each", "at": "1 day 02:30"}]})",
          R"({"schema_version": 1, "jobs": [{"job": "x", "command": ["x"], "every": "hour",
              "missed": "each", "at": 2}]})"}) {
        INFO(text);
        const auto refused = with(text);
        CHECK(refused.exit_code == 78);
        CHECK_THAT(refused.err,
                   ContainsSubstring("schedule.json") && !ContainsSubstring("exception"));
    }
    CHECK_THAT(with(R"({"schema_version": 1, "jobs": [{"job": "x", "command": ["x"],
                     "every": "hour"}]})")
                   .err,
               ContainsSubstring("x: missed is not there"));
    CHECK_THAT(with("{\n,}").err, ContainsSubstring("line 2, column 1"));
    const auto deep = std::string(400'000, '[') + std::string(400'000, ']');
    CHECK(with(R"({"schema_version": 1, "jobs": )" + deep + "}").exit_code == 78);
    CHECK(with(std::string(900'000, '"')).err.size() < 1000);
    CHECK_THAT(with(R"({"schema_version": 1, "jobs": [{"job": "x", "every": "hour",
                     "command": ["x", "--lock-wait=5"], "missed": "each"}]})")
                   .err,
               ContainsSubstring("leave --lock-wait=5 away"));
    const auto pipe = (folder.path() / "pipe").string();
    REQUIRE(run({.command = {"mkfifo", pipe}}).exit_code == 0);
    CHECK(run(program({"runs", "schedule"}, {{"NIGHTSHIFT_SCHEDULE", pipe}})).exit_code == 78);
    CHECK(run(program({"runs", "schedule"}, {{"NIGHTSHIFT_SCHEDULE", "/nowhere"}})).exit_code ==
          78);
}

TEST_CASE("two catch-ups at once share the work") {
    const Installation app;
    REQUIRE(app.nightshift({"recompute-leaderboard", "--period", "weekly", "--once-per", "hour"})
                .exit_code == 0);
    REQUIRE(app.nightshift({"recompute-leaderboard", "--period", "weekly", "--close"}).exit_code ==
            0);
    app.database.query(
        "UPDATE nightshift.job_runs SET started_at = started_at - interval '35 days', period = "
        "period - interval '35 days'");
    app.database.query("DELETE FROM nightshift.board_closings");
    app.database.query("DELETE FROM nightshift.closing_ranks");
    const std::vector<std::string> command{"runs", "catch-up", "--days", "60"};
    Background first{program(command, app.environment())};
    Background second{program(command, app.environment())};
    CHECK(first.wait() == 0);
    CHECK(second.wait() == 0);
    CHECK(app.nightshift({"runs", "missed", "--check", "--days", "60"}).exit_code == 0);
    CHECK(app.database.query("SELECT max(count) FROM (SELECT count(*) FROM nightshift.job_runs "
                             "WHERE state = 'succeeded' GROUP BY job, unit, period) AS each") ==
          "1");
}

TEST_CASE("a stop of a catch-up stops the run it waits for, and is a stop") {
    const Installation app;
    rebuild_of_five_hours_ago(app);
    pqxx::connection holder{app.database.url()};
    pqxx::work holding{holder};
    holding.exec("LOCK TABLE attempts IN ACCESS EXCLUSIVE MODE");
    Background stopped{program({"runs", "catch-up"}, app.environment())};
    CHECK(eventually([&] {
        return app.database.query(
                   "SELECT count(*) FROM nightshift.job_runs WHERE state = "
                   "'running'") == "1";
    }));
    stopped.signal(SIGTERM);
    CHECK(stopped.wait() == 143);
    CHECK(app.database.query("SELECT count(*) FROM nightshift.job_runs WHERE state = 'stopped'") ==
          "1");
}
