// Time that runs out, clocks that disagree, and long work that says how far it is.
#include "support/binary.hpp"
#include "support/catch.hpp"
#include "support/expect.hpp"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

using namespace nightshift;
using namespace nightshift::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

constexpr const char* header = "user_id,question_id,is_correct,attempted_at\n";
constexpr const char* one_attempt =
    "user_id,question_id,is_correct,attempted_at\n1,1,1,2026-03-10T11:00:00Z\n";

// A rebuild whose session in Postgres stands still in the middle, and takes no cancel: as where the
// network has gone silent.
struct StuckRebuild {
    StuckRebuild(const Installation& app, const std::vector<std::string>& options)
        : holder{app.database.url()},
          holding{holder},
          log{(folder.path() / "log").string()},
          process{(holding.exec("LOCK TABLE attempts IN ACCESS EXCLUSIVE MODE"),
                   program(with(options), app.environment())),
                  log} {
        const auto waiting =
            "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = '" +
            app.database.name() + "'";
        REQUIRE(eventually([&] { return !app.database.query(waiting).empty(); }));
        session = std::stoi(app.database.query(waiting));
        ::kill(session, SIGSTOP);
    }
    ~StuckRebuild() { ::kill(session, SIGCONT); }
    StuckRebuild(const StuckRebuild&) = delete;
    StuckRebuild& operator=(const StuckRebuild&) = delete;

    static std::vector<std::string> with(const std::vector<std::string>& options) {
        std::vector<std::string> words{"recompute-leaderboard", "--period", "weekly"};
        words.insert(words.end(), options.begin(), options.end());
        return words;
    }
    bool has_logged(const std::string& words) const {
        std::ifstream file{log};
        const std::string text{std::istreambuf_iterator<char>{file}, {}};
        return text.find(words) != std::string::npos;
    }

    pqxx::connection holder;
    pqxx::work holding;
    TemporaryFolder folder;
    std::string log;
    Background process;
    pid_t session = 0;
};

// On a machine whose clock is ahead by so much.
Finished rebuild_by_a_clock(const Installation& app, const std::string& ahead) {
    return run({.command = {"faketime", "-m", "--exclude-monotonic", "-f", ahead, binary(),
                            "recompute-leaderboard", "--period", "weekly", "--once-per", "hour",
                            "--rerun"},
                .environment = app.environment(),
                .folder = "/"});
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

// What a person at a terminal sees of a shell's line.
Finished at_a_terminal(const Installation& app, const std::string& line) {
    return run({.command = {"script", "--quiet", "--return", "--command", line, "/dev/null"},
                .environment = app.environment(),
                .folder = "/"});
}

}  // namespace

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
    CHECK_THAT(late.err, ContainsSubstring("2 files not begun"));
    CHECK(app.database.query("SELECT count(*) FROM attempts") == "0");
    const auto document =
        json::parse(app.nightshift({"import-attempts", first, "--timeout", "0", "--json"}).out);
    CHECK(document["ok"] == false);
    CHECK(document["files_left"] == json::array({first}));
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

TEST_CASE("a second signal ends a run at once that cannot be stopped") {
    const Installation app;
    StuckRebuild stuck{app, {}};
    stuck.process.signal(SIGTERM);
    REQUIRE(eventually([&] { return stuck.has_logged("once more to stop at once"); }));
    std::this_thread::sleep_for(300ms);  // what comes sooner is the same wish
    CHECK(stuck.process.is_running());
    stuck.process.signal(SIGTERM);
    CHECK(stuck.process.wait() == 143);
}

TEST_CASE("the hard limit ends a run that cannot be stopped") {
    const Installation app;
    StuckRebuild stuck{app, {"--timeout", "0.5", "--hard-timeout", "0.6", "--json"}};
    CHECK(stuck.process.wait() == 124);
    CHECK(stuck.has_logged("stopping takes too long"));
    CHECK(stuck.has_logged("\"exit_code\": 124"));  // the document
    CHECK(app.database.query("SELECT state FROM nightshift.job_runs") == "running");
    // Its process is gone: the next run need not wait for the lease to end.
    stuck.holding.abort();
    CHECK(app.nightshift({"recompute-leaderboard", "--period", "weekly"}).exit_code == 0);
    CHECK(app.database.query("SELECT state FROM nightshift.job_runs ORDER BY fence LIMIT 1") ==
          "abandoned");
}

TEST_CASE("the hard limit holds from a close's first look into the database on") {
    const Installation app;
    pqxx::connection holder{app.database.url()};
    pqxx::work holding{holder};
    holding.exec("LOCK TABLE nightshift.migrations IN ACCESS EXCLUSIVE MODE");
    CHECK(app.nightshift({"recompute-leaderboard", "--period", "weekly", "--close",
                          "--hard-timeout", "0.5"})
              .exit_code == 124);
}

TEST_CASE("a stop is a stop, also where Redis does not answer any more") {
    Installation app;
    app.redis.process().signal(SIGSTOP);
    Background stopped{program({"recompute-leaderboard", "--period", "weekly"}, app.environment())};
    REQUIRE(eventually([&] {
        return app.database.query(
                   "SELECT count(*) FROM nightshift.job_runs WHERE state = 'running'") == "1";
    }));
    std::this_thread::sleep_for(300ms);
    stopped.signal(SIGTERM);
    CHECK(stopped.wait() == 143);
    app.redis.process().signal(SIGCONT);
    CHECK(app.database.query("SELECT state || ' ' || exit_code FROM nightshift.job_runs") ==
          "stopped 143");
}

TEST_CASE("a session that was ended while another run was waited for is made anew") {
    const Installation app;
    app.database.query("ALTER DATABASE " + app.database.name() + " SET idle_session_timeout = 500");
    pqxx::connection holder{app.database.url()};
    auto holding = std::make_unique<pqxx::work>(holder);
    holding->exec("LOCK TABLE attempts IN ACCESS EXCLUSIVE MODE");
    const auto end_idle_timeout = [](pqxx::work& work) {
        work.exec("SET LOCAL idle_session_timeout = 0");
    };
    end_idle_timeout(*holding);
    const std::vector<std::string> command{"recompute-leaderboard", "--period", "weekly",
                                           "--lock-wait", "30"};
    Background first{program(command, app.environment())};
    REQUIRE(eventually([&] {
        return app.database.query(
                   "SELECT count(*) FROM nightshift.job_runs WHERE state = 'running'") == "1";
    }));
    Background second{program(command, app.environment())};
    std::this_thread::sleep_for(2s);
    holding.reset();
    CHECK(first.wait() == 0);
    CHECK(second.wait() == 0);
}

TEST_CASE("a machine whose clock is not the database's is told so, and the database's counts") {
    const Installation app;
    CHECK(rebuild_by_a_clock(app, "+1s").err.empty());
    const auto ahead = rebuild_by_a_clock(app, "+5s");
    CHECK(ahead.exit_code == 0);
    CHECK_THAT(ahead.err, ContainsSubstring("clock is not the database's") &&
                              (ContainsSubstring("ahead_ms=499") || ContainsSubstring("=500")));
    const auto behind = rebuild_by_a_clock(app, "-2h");
    CHECK(behind.exit_code == 0);
    CHECK_THAT(behind.err, ContainsSubstring("ahead_ms=-7200") || ContainsSubstring("=-7199"));
    CHECK(run({.command = {"faketime", "-m", "--exclude-monotonic", "-f", "+400d", binary(), "runs",
                           "prune"},
               .environment = app.environment(),
               .folder = "/"})
              .exit_code == 0);
    CHECK(app.database.query("SELECT count(*) FROM nightshift.job_runs") == "3");
    CHECK(app.database.query("SELECT count(*) FROM nightshift.job_runs WHERE started_at < now() - "
                             "interval '1 hour' OR period < now() - interval '61 minutes'") == "0");
}

TEST_CASE("long work tells how far it is on a terminal, in one line, and nothing elsewhere") {
    const Installation app;
    const TemporaryFolder folder;
    CHECK(app.nightshift({"import-attempts", folder.file("one.csv", one_attempt), "--create-users",
                          "--create-questions"})
              .err.empty());
    if (!has_terminals()) {
        WARN("no terminal can be had here (/dev/pts): what is shown on one was not looked at");
        return;
    }
    const std::string rows =
        "(echo user_id,question_id,is_correct,attempted_at;"
        " seq 1 20000 | sed 's/$/,1,1,2026-03-10T11:00:00Z/'; sleep 1;"
        " seq 20001 40000 | sed 's/$/,1,1,2026-03-10T11:00:00Z/')";
    const auto import = [&](const std::string& option) {
        app.database.query("TRUNCATE attempts");
        return at_a_terminal(app, rows + " | " + binary() +
                                      " import-attempts - --create-users --create-questions " +
                                      option);
    };
    const auto shown = import("");
    CHECK(shown.exit_code == 0);
    CHECK_THAT(shown.out, ContainsSubstring(",000 rows\r\x1b[K"));
    CHECK(import("--quiet").out.empty());
    const auto document = import("--json");
    CHECK(document.out.find('\x1b') == std::string::npos);
    CHECK(json::parse(document.out)["files"][0]["rows"] == 40'000);

    // A Redis that takes its time.
    app.redis.connect()->command({"CLIENT", "PAUSE", "1000"});
    const auto rebuilt = at_a_terminal(
        app, binary() + " recompute-leaderboard --period weekly --as-of 2026-03-10T12:00:00Z");
    CHECK(rebuilt.exit_code == 0);
    CHECK_THAT(rebuilt.out, ContainsSubstring("weekly: ") && ContainsSubstring("0,000 users\r"));
}

TEST_CASE("long work elsewhere than on a terminal has a line in the log per while, with -v") {
    const Installation app;
    const TemporaryFolder folder;
    const auto pipe = (folder.path() / "pipe").string();
    REQUIRE(run({.command = {"mkfifo", pipe}}).exit_code == 0);
    const std::string rows = "seq $from $to | sed 's/$/,1,1,2026-03-10T11:00:00Z/'";
    const Background writer{
        {.command = {"sh", "-c",
                     "exec > " + pipe + "; printf '" + header + "'; from=1 to=20000; " + rows +
                         "; sleep 10.5; from=20001 to=40000; " + rows}}};
    const auto imported =
        app.nightshift({"import-attempts", pipe, "--create-users", "--create-questions", "-v"});
    CHECK(imported.exit_code == 0);
    CHECK_THAT(imported.err, ContainsSubstring("at work") && ContainsSubstring("0,000 rows"));
}
