// Jobs as operators run them: from several hosts at once, late, twice, killed, out of time.
#include "support/binary.hpp"
#include "support/catch.hpp"
#include "support/expect.hpp"

#include <csignal>
#include <cstdlib>
#include <random>
#include <thread>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

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

bool has_terminals() {
    const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal < 0) return false;
    const char* name = ::ptsname(terminal);
    const bool usable = ::grantpt(terminal) == 0 && ::unlockpt(terminal) == 0 && name != nullptr &&
                        ::access(name, R_OK | W_OK) == 0;
    ::close(terminal);
    return usable;
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
    const Redis redis;
    const std::map<std::string, std::string> environment{
        {"DATABASE_URL", pooler.url(database.name())}, {"REDIS_URL", redis.url()}};
    for (const std::string user : {"7", "3"}) {
        const auto imported = run(
            program({"import-attempts", "-", "--create-users", "--create-questions"}, environment,
                    "user_id,question_id,is_correct,attempted_at\n" + user +
                        ",1,1,2026-03-10T11:00:00Z\n"));
        INFO(imported.err);
        CHECK(imported.exit_code == 0);
    }
    CHECK(run(program({"runs", "list", "--json"}, environment)).exit_code == 0);
    CHECK(run(program({"leaderboard", "top"}, environment)).exit_code == 1);
}

TEST_CASE("a run out of time ends with 124, keeps what is finished, and the next goes on") {
    const Installation app;
    const TemporaryFolder folder;
    const auto pipe = (folder.path() / "pipe").string();
    const auto first = folder.file("first.csv", one_attempt);
    REQUIRE(run({.command = {"mkfifo", pipe}}).exit_code == 0);
    // Nobody writes into the pipe: only the hard limit ends the wait for it.
    const auto out_of_time =
        app.nightshift({"import-attempts", first, pipe, "--create-users", "--create-questions",
                        "--once-per", "day", "--timeout", "0.3", "--hard-timeout", "0.5"});
    INFO(out_of_time.err);
    CHECK(out_of_time.exit_code == 124);
    CHECK(app.database.query("SELECT count(*) FROM attempts") == "1");
    CHECK(app.database.query("SELECT state || ' ' || exit_code FROM nightshift.job_runs") ==
          "timed out 124");

    std::filesystem::remove(pipe);
    folder.file("pipe",
                "user_id,question_id,is_correct,attempted_at\n1,1,0,2026-03-11T11:00:00Z\n");
    const auto again = app.nightshift({"import-attempts", first, pipe, "--once-per", "day"});
    INFO(again.err);
    CHECK(again.exit_code == 0);
    CHECK_THAT(again.err, ContainsSubstring("imported by an earlier run of this period"));
    CHECK(app.database.query("SELECT count(*) FROM attempts") == "2");
}

TEST_CASE("what is at work is finished before the hard limit, and no further file begun") {
    const Installation app;
    const TemporaryFolder folder;
    const auto first = folder.file("first.csv", one_attempt);
    const auto late = app.nightshift({"import-attempts", first, first, "--create-users",
                                      "--create-questions", "--timeout", "0"});
    CHECK(late.exit_code == 124);
    CHECK_THAT(late.err, ContainsSubstring("files_left=2"));
    CHECK(app.database.query("SELECT count(*) FROM attempts") == "0");
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
             {"--hard-timeout", "5"},
             {"--close", "2026-W54"},
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

TEST_CASE("runs show one run, refuse one that never was, and unlock asks first") {
    const Installation app;
    REQUIRE(app.nightshift({"recompute-leaderboard", "--period", "weekly"}).exit_code == 0);
    const auto id = app.database.query("SELECT run_id FROM nightshift.job_runs");
    const auto shown = json::parse(app.nightshift({"runs", "show", id, "--json"}).out);
    CHECK(shown["run"]["state"] == "succeeded");
    CHECK(shown["run"]["counts"]["users"] == 0);
    CHECK(shown["run_id"] != id);
    CHECK_THAT(app.nightshift({"runs", "show", id}).out, ContainsSubstring("succeeded"));
    CHECK(app.nightshift({"runs", "show", "NEVER"}).exit_code == 65);
    const auto lease = "recompute-leaderboard/weekly";
    CHECK_THAT(app.nightshift({"runs", "unlock", lease}).out, ContainsSubstring("nobody holds"));
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

TEST_CASE("long work tells how far it is on a terminal, in one line, and nothing elsewhere") {
    const Installation app;
    const TemporaryFolder folder;
    CHECK(app.nightshift({"import-attempts", folder.file("one.csv", one_attempt), "--create-users",
                          "--create-questions"})
              .err.empty());
    if (!has_terminals()) return;  // a container without /dev/pts: nobody could look at one
    const std::string rows =
        "(echo user_id,question_id,is_correct,attempted_at;"
        " seq 1 20000 | sed 's/$/,1,1,2026-03-10T11:00:00Z/'; sleep 1;"
        " seq 20001 40000 | sed 's/$/,1,1,2026-03-10T11:00:00Z/')";
    const auto import = [&](const std::string& option) {
        app.database.query("TRUNCATE attempts");
        return run(
            {.command = {"script", "--quiet", "--return", "--command",
                         rows + " | " + binary() +
                             " import-attempts - --create-users --create-questions " + option,
                         "/dev/null"},
             .environment = app.environment(),
             .folder = "/"});
    };
    const auto shown = import("");
    CHECK(shown.exit_code == 0);
    CHECK_THAT(shown.out, ContainsSubstring(",000 rows\r\x1b[K"));
    CHECK_THAT(shown.out, ContainsSubstring("\r\x1b[K"));
    CHECK(import("--quiet").out.empty());
    const auto document = import("--json");
    CHECK(document.out.find('\x1b') == std::string::npos);
    CHECK(json::parse(document.out)["files"][0]["rows"] == 40'000);
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

TEST_CASE("out of time while another run holds the lease is 124 as well") {
    const Installation app;
    REQUIRE(app.nightshift({"recompute-leaderboard", "--period", "weekly"}).exit_code == 0);
    app.database.query(
        "UPDATE nightshift.job_leases SET expires_at = now() + interval '1 hour', "
        "pid_scope = 'elsewhere'");
    CHECK(app.nightshift({"recompute-leaderboard", "--period", "weekly", "--lock-wait", "20",
                          "--timeout", "0.2", "--hard-timeout", "0.4"})
              .exit_code == 124);
}
