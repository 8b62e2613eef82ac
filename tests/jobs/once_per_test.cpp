// Jobs as operators run them: from several hosts at once, late, twice, killed, out of time.
#include "support/binary.hpp"
#include "support/catch.hpp"
#include "support/expect.hpp"

#include <csignal>
#include <random>
#include <thread>

#include <nlohmann/json.hpp>

using namespace nightshift;
using namespace nightshift::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

constexpr const char* one_attempt =
    "user_id,question_id,is_correct,attempted_at\n1,1,1,2026-03-10T11:00:00Z\n";

// A crontab of one host: the board of 200 hours, one after the other.
Spawn host(std::map<std::string, std::string> environment, const std::string& name) {
    environment["NIGHTSHIFT_HOST"] = name;
    environment["LOG_FORMAT"] = "plain";
    return {.command = {"sh", "-c",
                        "for hour in $(seq 0 199); do"
                        "  at=$(date -u -d \"2026-01-01 + $hour hours\" +%Y-%m-%dT%H:%M:%SZ);"
                        "  " +
                            binary() +
                            " recompute-leaderboard --period weekly --once-per hour"
                            " --for $at --lock-wait 60 --quiet || exit 1;"
                            "done"},
            .environment = std::move(environment),
            .folder = "/"};
}

void race_over_200_periods(const Database& database, const std::string& database_url) {
    const Redis redis;
    const std::map<std::string, std::string> environment{{"DATABASE_URL", database_url},
                                                         {"REDIS_URL", redis.url()}};
    const TemporaryFolder folder;
    const auto log = (folder.path() / "log").string();
    Background first{host(environment, "first"), log};
    Background second{host(environment, "second"), log};
    CHECK(first.wait() == 0);
    CHECK(second.wait() == 0);
    CHECK(database.query("SELECT count(*) FROM nightshift.job_runs WHERE state = 'succeeded'") ==
          "200");
    CHECK(database.query("SELECT count(DISTINCT period) FROM nightshift.job_runs") == "200");
    CHECK(database.query("SELECT count(DISTINCT host) FROM nightshift.job_runs") == "2");
    CHECK(database.query("SELECT count(*) FROM nightshift.job_runs") == "200");
}

}  // namespace

TEST_CASE("two hosts race over 200 periods, and each is done once") {
    const Database database;
    race_over_200_periods(database, database.url());
}

TEST_CASE("two hosts race over 200 periods through a pooler in transaction mode") {
    const Database database;
    const PgBouncer pooler{Postgres::shared()};
    race_over_200_periods(database, pooler.url(database.name()));
}

TEST_CASE("every command works through a pooler in transaction mode") {
    const Database database{Database::Schema::none};
    database.query(
        "CREATE TABLE attempts (id bigserial PRIMARY KEY, user_id bigint NOT NULL, "
        "question_id bigint NOT NULL, is_correct bool, attempted_at timestamptz)");
    const PgBouncer pooler{Postgres::shared()};
    const Redis redis;
    const std::map<std::string, std::string> environment{
        {"DATABASE_URL", pooler.url(database.name())},
        {"REDIS_URL", redis.url()},
        {"LOG_FORMAT", "plain"}};
    const auto ends_with = [&](int code, const std::vector<std::string>& words,
                               const std::string& input = "") {
        const auto finished = run(program(words, environment, input));
        INFO(words.front() << " " << words.back() << ": " << finished.err);
        CHECK(finished.exit_code == code);
    };
    ends_with(1, {"migrate", "status", "--check"});
    ends_with(0, {"migrate", "up"});
    ends_with(0, {"migrate", "status", "--check"});
    for (const std::string user : {"7", "3"}) {
        ends_with(
            0, {"import-attempts", "-", "--create-users", "--create-questions"},
            "user_id,question_id,is_correct,attempted_at\n" + user + ",1,1,2026-03-10T11:00:00Z\n");
    }
    ends_with(1, {"leaderboard", "top"});
    ends_with(0, {"recompute-leaderboard", "--period", "weekly", "--close", "2026-W11"});
    ends_with(0, {"recompute-leaderboard", "--period", "monthly", "--once-per", "hour", "--timeout",
                  "60"});
    ends_with(0, {"leaderboard", "top"});
    ends_with(0, {"leaderboard", "rank", "7"});
    ends_with(0, {"leaderboard", "around", "7"});
    ends_with(0, {"leaderboard", "close", "show"});
    ends_with(0, {"check-streaks", "--dry-run"});
    ends_with(0, {"check-streaks", "--timeout", "60"});
    ends_with(0, {"check-streaks", "--rebuild"});
    ends_with(0, {"check-streaks", "--explain", "7"});
    database.query(
        "UPDATE nightshift.job_runs SET started_at = started_at - interval '5 hours', "
        "period = period - interval '5 hours' WHERE unit = 'hour'");
    ends_with(1, {"runs", "missed", "--check"});
    ends_with(0, {"runs", "catch-up"});
    ends_with(0, {"runs", "list"});
    ends_with(0, {"runs", "unlock", "import-attempts"});
    ends_with(0, {"runs", "prune", "--days", "7"});
    CHECK(database.query("SELECT count(*) FROM nightshift.closing_ranks") == "2");
}

TEST_CASE("a stop is in the ledger") {
    const Installation app;
    const TemporaryFolder folder;
    const auto pipe = (folder.path() / "pipe").string();
    REQUIRE(run({.command = {"mkfifo", pipe}}).exit_code == 0);
    Background stopped{program({"import-attempts", pipe}, app.environment())};
    CHECK(eventually([&] {
        return app.database.query(
                   "SELECT count(*) FROM nightshift.job_runs WHERE state = "
                   "'running'") == "1";
    }));
    stopped.signal(SIGTERM);
    CHECK(stopped.wait() == 143);
    CHECK(app.database.query("SELECT state || ' ' || exit_code FROM nightshift.job_runs") ==
          "stopped 143");
}

TEST_CASE("usage that cannot be meant is refused") {
    const Installation app;
    for (const auto& words : std::vector<std::vector<std::string>>{
             {"--once-per", "hour", "--as-of", "2026-03-10T11:00:00Z"},
             {"--once-per", "minute"},
             {"--rerun"},
             {"--for", "2026-03-10T11:00:00Z"},
             {"--timeout", "10", "--hard-timeout", "5"},
             {"--close", "--once-per", "hour"},
             {"--close", "2026-W54"},
             {"--close", "9999-W52"},
             {"--close", "2026-47"},
             {"--close", "--as-of", "2026-03-10T11:00:00Z"}}) {
        INFO(words.back());
        std::vector<std::string> line{"recompute-leaderboard", "--period", "weekly"};
        line.insert(line.end(), words.begin(), words.end());
        CHECK(app.nightshift(line).exit_code == 64);
    }
    CHECK(app.nightshift({"recompute-leaderboard", "--period", "monthly", "--close"}).exit_code ==
          64);
    CHECK(app.database.query("SELECT count(*) FROM nightshift.job_runs") == "0");
}

TEST_CASE("the ledger says why an import was refused, and who took a lease away") {
    const Installation app;
    const TemporaryFolder folder;
    CHECK(app.nightshift({"import-attempts", folder.file("bad.csv", "nothing\n")}).exit_code == 65);
    CHECK_THAT(app.database.query("SELECT error FROM nightshift.job_runs"),
               ContainsSubstring("bad.csv"));

    const auto pipe = (folder.path() / "pipe").string();
    REQUIRE(run({.command = {"mkfifo", pipe}}).exit_code == 0);
    Background living{program({"import-attempts", pipe}, app.environment())};
    const auto running = [&] {
        return app.database.query(
                   "SELECT count(*) FROM nightshift.job_runs WHERE state = 'running'") == "1";
    };
    REQUIRE(eventually(running));
    CHECK(app.nightshift({"runs", "unlock", "import-attempts", "--yes"}).exit_code == 0);
    CHECK(app.database.query("SELECT error FROM nightshift.job_runs WHERE state = 'abandoned'") ==
          "'runs unlock' took its lease away");
}

TEST_CASE("a close waits for the hourly rebuild of its board") {
    const Installation app;
    pqxx::connection holder{app.database.url()};
    auto holding = std::make_unique<pqxx::work>(holder);
    holding->exec("LOCK TABLE attempts IN ACCESS EXCLUSIVE MODE");
    Background hourly{program({"recompute-leaderboard", "--period", "weekly"}, app.environment())};
    REQUIRE(eventually([&] {
        return app.database.query(
                   "SELECT count(*) FROM nightshift.job_runs WHERE state = 'running'") == "1";
    }));
    const std::vector<std::string> command{"recompute-leaderboard", "--period", "weekly",
                                           "--close"};
    auto impatient = command;
    impatient.insert(impatient.end(), {"--lock-wait", "0"});
    CHECK(app.nightshift(impatient).exit_code == 75);
    Background close{program(command, app.environment())};
    std::this_thread::sleep_for(300ms);
    holding.reset();
    CHECK(hourly.wait() == 0);
    CHECK(close.wait() == 0);
    CHECK(app.database.query("SELECT count(*) FROM nightshift.board_closings") == "1");
}

TEST_CASE("runs show one run, refuse one that never was, and unlock asks first") {
    const Installation app;
    REQUIRE(app.nightshift({"recompute-leaderboard", "--period", "weekly"}).exit_code == 0);
    const auto id = app.database.query("SELECT run_id FROM nightshift.job_runs");
    const auto shown = json::parse(app.nightshift({"runs", "show", id, "--json"}).out);
    CHECK(shown["run"]["state"] == "succeeded");
    CHECK(shown["run"]["counts"]["users"] == 0);
    CHECK(shown["run_id"] != id);
    CHECK_THAT(app.nightshift({"runs", "show", id}).out, ContainsSubstring("succeeded"));
    CHECK(app.nightshift({"runs", "show", id.substr(0, 20)}).exit_code == 0);
    CHECK(app.nightshift({"runs", "show", "NEVER"}).exit_code == 65);
    const auto lease = "recompute-leaderboard/weekly";
    CHECK_THAT(app.nightshift({"runs", "unlock", lease}).out, ContainsSubstring("nobody holds"));
    const auto unknown = app.nightshift({"runs", "unlock", "recompute-leaderboard"});
    CHECK(unknown.exit_code == 65);
    CHECK_THAT(unknown.err, ContainsSubstring(lease));
    CHECK_THAT(app.nightshift({"runs", "list", "--job", "nothing"}).out,
               ContainsSubstring("no such run"));
    app.database.query(
        "UPDATE nightshift.job_leases SET expires_at = now() + interval '1 hour', "
        "host = 'gone'");
    const auto asked = app.nightshift({"runs", "unlock", lease});
    CHECK(asked.exit_code == 77);
    CHECK_THAT(asked.err, ContainsSubstring(id) && ContainsSubstring("gone"));
    CHECK(app.nightshift({"runs", "unlock", lease, "--yes"}).exit_code == 0);
    CHECK(app.nightshift({"recompute-leaderboard", "--period", "weekly"}).exit_code == 0);
}

TEST_CASE("an import that is killed at 50 random moments, and run again, is right") {
    const Installation app;
    std::string csv = "user_id,question_id,is_correct,attempted_at,event_id\n";
    for (int i = 0; i < 3000; ++i) {
        csv += std::to_string(i % 100) + "," + std::to_string(i % 30) + "," +
               std::to_string(i % 2) + ",2026-03-10T11:00:00Z," +
               (i % 3 == 0 ? "" : "event" + std::to_string(i)) + "\n";
    }
    const TemporaryFolder folder;
    const auto file = folder.file("attempts.csv", csv);
    const std::vector<std::string> command{"import-attempts",    file,         "--create-users",
                                           "--create-questions", "--once-per", "day"};
    std::mt19937 random{20261122};
    for (int round = 0; round < 50; ++round) {
        const auto delay = std::uniform_int_distribution{0, 120}(random);
        INFO("killed after " << delay << " ms");
        Background killed{program(command, app.environment())};
        std::this_thread::sleep_for(std::chrono::milliseconds{delay});
        killed.signal(SIGKILL);
        killed.wait();
        const auto rows = app.database.query("SELECT count(*) FROM attempts");
        CHECK((rows == "0" || rows == "3000"));
        if (rows == "3000") {
            app.database.query("TRUNCATE attempts");
            app.database.query("DELETE FROM nightshift.job_runs");
        }
    }
    const auto again = app.nightshift(command);
    INFO(again.err);
    CHECK(again.exit_code == 0);
    CHECK(app.database.query("SELECT count(*) FROM attempts") == "3000");
    CHECK(app.database.query("SELECT count(DISTINCT event_id) FROM attempts") == "2000");
    CHECK(app.database.query("SELECT count(*) FROM nightshift.job_runs WHERE state = 'running'") ==
          "0");
}

TEST_CASE("a pipe, and a file that was replaced while it was read, are never taken for finished") {
    const Installation app;
    const TemporaryFolder folder;
    const auto pipe = (folder.path() / "pipe").string();
    const auto bad = folder.file("bad.csv", "nothing\n");
    REQUIRE(run({.command = {"mkfifo", pipe}}).exit_code == 0);
    for (int user = 1; user <= 2; ++user) {
        Background writer{
            {.command = {"sh", "-c",
                         "printf 'user_id,question_id,is_correct,attempted_at\\n" +
                             std::to_string(user) + ",1,1,2026-03-10T11:00:00Z\\n' > " + pipe}}};
        CHECK(app.nightshift({"import-attempts", pipe, bad, "--once-per", "day", "--create-users",
                              "--create-questions"})
                  .exit_code == 65);
        CHECK(app.database.query("SELECT count(*) FROM attempts") == std::to_string(user));
    }
}
