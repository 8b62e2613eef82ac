// nightshift health against real servers, of which each thing is broken in turn.
#include "health/health_scene.hpp"
#include "support/expect.hpp"
#include "support/loopback.hpp"

#include <chrono>
#include <csignal>
#include <thread>

using namespace nightshift::test;
using namespace std::chrono_literals;

namespace {

// Takes connections and says nothing.
void say_nothing(int connection, int) {
    std::string text;
    while (Loopback::read_some(connection, text)) continue;
}

}  // namespace

TEST_CASE("what is well is healthy, and Redis counts only where it is set") {
    const Watched it;
    const auto finished = it.health({});
    INFO(finished.out << finished.err);
    CHECK(finished.exit_code == 0);
    CHECK(status(it.looked({}), "redis.ping") == "healthy");
    const auto alone = it.looked({}, {{"REDIS_URL", ""}});
    CHECK(status(alone, "") == "healthy");
    CHECK(status(alone, "redis.ping") == "skipped");
}

TEST_CASE("servers that refuse, are not found or want another password are unhealthy") {
    const Watched it;
    for (const auto& [name, url, id] : std::vector<std::array<std::string, 3>>{
             {"DATABASE_URL", "postgresql://127.0.0.1:1/app", "database.connect"},
             {"DATABASE_URL", "postgresql://nowhere.invalid/app", "database.connect"},
             {"DATABASE_URL", it.database.url() + "x", "database.connect"},
             {"DATABASE_URL", "mysql://x", "database.connect"},
             {"REDIS_URL", "redis://127.0.0.1:1/0", "redis.ping"},
             {"REDIS_URL", "redis://nowhere.invalid/0", "redis.ping"},
             {"REDIS_URL", "http://x", "redis.ping"}}) {
        INFO(url);
        const auto looked = it.looked({"--skip", "config"}, {{name, url}});
        CHECK(status(looked, id) == "unhealthy");
        CHECK(status(looked, "") == "unhealthy");
        CHECK_FALSE(looked.at(id).at("fix").is_null());
    }
    CHECK(it.health({"--skip", "config"}, {{"REDIS_URL", "redis://127.0.0.1:1/0"}}).exit_code == 2);
}

TEST_CASE("a server that never answers costs itself alone, and the budget holds") {
    const Watched it;
    const Loopback silent{say_nothing};
    const auto begin = std::chrono::steady_clock::now();
    const auto looked = it.looked(
        {"--skip", "config"},
        {{"DATABASE_URL", "postgresql://127.0.0.1:" + std::to_string(silent.port()) + "/x"}});
    CHECK(std::chrono::steady_clock::now() - begin < 20s);  // 8 s, and a slow machine
    CHECK(status(looked, "database.connect") == "unhealthy");
    CHECK(looked.at("database.connect").at("message").get<std::string>().find("no answer") == 0);
    CHECK(status(looked, "database.locks") == "unknown");
    CHECK(status(looked, "redis.ping") == "healthy");
}

TEST_CASE("a database that is not set is no healthy one, whatever is asked for") {
    const Watched it;
    for (const auto& words : std::vector<std::vector<std::string>>{
             {}, {"--only", "database"}, {"--skip", "config"}, {"--only", "jobs.stuck"}}) {
        const auto finished = it.health(words, {{"DATABASE_URL", ""}});
        INFO(finished.out);
        CHECK(finished.exit_code != 0);
        CHECK_THAT(finished.out, ContainsSubstring("DATABASE_URL is not set"));
    }
}

TEST_CASE("a stop ends it while a server hangs") {
    const Watched it;
    const Loopback silent{say_nothing};
    for (const auto& [signal, code] : {std::pair{SIGINT, 130}, {SIGTERM, 143}}) {
        const auto connections = silent.connections();
        Background looking{program(
            {"health"},
            it.environment({{"DATABASE_URL",
                             "postgresql://127.0.0.1:" + std::to_string(silent.port()) + "/x"}}))};
        REQUIRE(eventually([&] { return silent.connections() > connections; }));
        looking.signal(signal);
        CHECK(looking.wait() == code);
    }
}

TEST_CASE("before migrate up, what needs the schema says that the schema comes first") {
    const Database empty{Database::Schema::none};
    const Redis redis;
    const auto finished = run(
        program({"health", "--json"}, {{"DATABASE_URL", empty.url()}, {"REDIS_URL", redis.url()}}));
    CHECK(finished.exit_code == 2);
    const auto json = Json::parse(finished.out);
    for (const auto& each : json.at("checks")) {
        INFO(each);
        const auto id = each.at("id").get<std::string>();
        const bool needs_it = id.starts_with("jobs.") || id.starts_with("outbox.") ||
                              id.starts_with("boards.") || id.starts_with("database.keys") ||
                              id == "database.wraparound_days";
        CHECK((each.at("why") == "database.schema comes first") == needs_it);
        if (id == "database.schema") CHECK(each.at("status") == "unhealthy");
    }
}

TEST_CASE("jobs that fail or hang, messages that wait and boards that are old are seen") {
    const Watched it;
    CHECK(status(it.looked({}), "") == "healthy");
    it.database.query(
        "INSERT INTO nightshift.job_runs (run_id, job, lease, fence, rerun, state, started_at, "
        "finished_at, host, pid, version) SELECT 'R' || i, 'check-streaks', 'check-streaks', i, "
        "false, CASE i WHEN 1 THEN 'succeeded' ELSE 'failed' END, now() - interval '1 hour' * (9 - "
        "i), now(), 'h', 1, '1' FROM generate_series(1, 4) AS i; "
        "INSERT INTO nightshift.job_runs (run_id, job, lease, fence, rerun, state, started_at, "
        "host, pid, version) VALUES ('S', 'import', 'import', 1, false, 'running', now() - "
        "interval "
        "'7 hours', 'worker-7', 4711, '1'); "
        "INSERT INTO nightshift.job_leases VALUES ('import', 1, 'S', 'worker-7', 4711, 'x', now(), "
        "now(), now() + interval '1 hour'); "
        "INSERT INTO nightshift.boards VALUES ('weekly', now(), now() - interval '3 hours', 'R', "
        "1, "
        "10, 'x'); "
        "INSERT INTO nightshift.notification_deliveries (notification_id, ordinal, kind, user_id, "
        "channel, priority, state, not_before, expires_at, lease_token, lease_until) VALUES "
        "(1, 1, 'review', 1, 'email', 2, 'pending', now() - interval '2 hours', now() + interval "
        "'1 day', NULL, NULL), (2, 1, 'review', 1, 'email', 2, 'sending', now(), now() + interval "
        "'1 day', 'T', now() - interval '1 minute')");
    it.database.query(
        "INSERT INTO nightshift.job_runs (run_id, job, lease, fence, unit, period, rerun, state, "
        "started_at, finished_at, host, pid, version) SELECT 'D', 'monthly', 'monthly', 9, 'day', "
        "date_trunc('day', now() - interval '3 days', 'UTC'), false, 'succeeded', now() - interval "
        "'3 days', now() - interval '3 days', 'h', 1, '1'");
    const auto schedule = TemporaryFolder{};
    const auto file = schedule.file(
        "schedule.json",
        R"({"schema_version": 1, "jobs": [{"job": "monthly", "command": ["check-streaks"],
            "every": "day", "missed": "latest"}]})");
    const auto looked = it.looked({"--warn", "outbox.depth=0"}, {{"NIGHTSHIFT_SCHEDULE", file}});
    for (const auto& [id, words] : std::map<std::string, std::string>{
             {"jobs.failures", "check-streaks has failed 3 times in a row"},
             {"jobs.overdue", "monthly since "},
             {"jobs.stuck", "import is at work on worker-7 (process 4711)"},
             {"boards.age", "the weekly board is of 10800 s ago"},
             {"outbox.oldest", "a review by email waits for 7200 s"},
             {"outbox.depth", "1 are due"},
             {"outbox.stuck", "1 are in doubt"}}) {
        INFO(id);
        CHECK(status(looked, id) == (id == "jobs.failures" ? "unhealthy" : "degraded"));
        CHECK_THAT(looked.at(id).at("message").get<std::string>(), ContainsSubstring(words));
    }
    CHECK(status(looked, "") == "degraded");
}

TEST_CASE("the machine's disk, memory, load and clock are held against their ranges") {
    const Watched it;
    const auto looked = it.looked({"--only", "system"});
    for (const auto* id : {"system.disk", "system.memory", "system.load", "system.clock"}) {
        INFO(id);
        CHECK(looked.at(id).at("value").is_number());
    }
    CHECK(status(looked, "system.clock") == "healthy");
    const auto nowhere = it.looked({"--only", "system"}, {{"TMPDIR", "/nowhere"}});
    CHECK(status(nowhere, "system.disk") == "unhealthy");
    CHECK(nowhere.at("system.memory").at("value").is_number());
    const auto strict = it.looked({"--only", "system", "--crit", "system.disk=0:0", "--warn",
                                   "system.memory=0:0", "--crit", "system.memory=0:100"});
    CHECK(status(strict, "system.disk") == "unhealthy");
    CHECK(status(strict, "system.memory") == "degraded");
    const auto wrong = run({.command = {"faketime", "-f", "+40s", binary(), "health", "--only",
                                        "system.clock", "--json"},
                            .environment = it.environment()});
    const auto json = Json::parse(wrong.out);
    CHECK(json["checks"][0]["status"] == "unhealthy");
    CHECK_THAT(json["checks"][0]["message"].get<std::string>(),
               ContainsSubstring("ahead of Postgres"));
}

TEST_CASE("a role that may not look says so, and with the grants that are printed it may") {
    const Watched it;
    it.database.query("DROP ROLE IF EXISTS monitoring");
    it.database.query("CREATE ROLE monitoring LOGIN");
    const Values as_role{
        {"DATABASE_URL", Postgres::shared().url(it.database.name(), "monitoring")}};
    const auto less = it.looked({"--only", "database"}, as_role);
    CHECK(status(less, "database.transactions") == "unknown");
    CHECK(less.at("database.transactions").at("message") == "not permitted");
    CHECK(status(less, "database.schema") != "healthy");

    it.database.query(it.health({"--print-grants"}).out);
    const auto more = it.looked({"--only", "database"}, as_role);
    for (const auto& [id, each] : more) {
        INFO(id << ": " << each);
        CHECK(each.at("status") == (id == "database.certificate" ? "skipped" : "healthy"));
    }
    it.database.query("DROP OWNED BY monitoring; DROP ROLE monitoring");
}
