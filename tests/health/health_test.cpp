// nightshift health against real servers, of which each thing is broken in turn.
#include "health/health_scene.hpp"
#include "support/expect.hpp"
#include "support/loopback.hpp"

#include <chrono>
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

TEST_CASE("a schema that is older, or edited, is unhealthy, and says what to do") {
    const Watched it;
    it.database.query(
        "DELETE FROM nightshift.migrations WHERE version = (SELECT max(version) FROM "
        "nightshift.migrations)");
    const auto older = it.looked({});
    CHECK(status(older, "database.schema") == "unhealthy");
    CHECK(older.at("database.schema").at("fix") == "nightshift migrate up");
    it.database.query(
        "UPDATE nightshift.migrations SET checksum = repeat('0', 64) WHERE version = 2");
    const auto edited = it.looked({});
    CHECK_THAT(edited.at("database.schema").at("message").get<std::string>(),
               ContainsSubstring("edited after it was applied: 2"));
}

TEST_CASE("a transaction that stands open is told with who holds it, and whom it keeps waiting") {
    const Watched it;
    const auto holder = it.database.connect();
    holder->transaction("holding", [&](auto& transaction) {
        transaction.exec("SET LOCAL application_name = 'the culprit'; LOCK TABLE public.users");
        std::thread waiter{[&] {
            const auto connection = it.database.connect();
            try {
                connection->transaction("waiting", [](auto& other) {
                    other.exec("SET LOCAL lock_timeout = '20s'; SELECT count(*) FROM public.users");
                });
            } catch (const std::exception&) {
            }
        }};
        std::map<std::string, Json> looked;
        CHECK(eventually([&] {
            looked = it.looked({"--only", "database", "--warn", "database.transactions=0.01",
                                "--crit", "database.locks=0.01"});
            return status(looked, "database.locks") == "unhealthy";
        }));
        CHECK(status(looked, "database.transactions") == "degraded");
        CHECK(status(looked, "") == "degraded");  // both are warnings
        const auto said = looked.at("database.locks").at("message").get<std::string>();
        CHECK_THAT(said, ContainsSubstring(std::to_string(holder->process())));
        CHECK_THAT(looked.at("database.transactions").at("fix").get<std::string>(),
                   ContainsSubstring("pg_terminate_backend(" + std::to_string(holder->process())));
        transaction.exec(
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE "
            "wait_event_type = 'Lock'");
        waiter.join();
    });
}

TEST_CASE("a standby is behind while its replay is paused, and not while nothing is written") {
    Postgres primary;
    const Database database{primary, Database::Schema::migrated};
    const Postgres standby{primary};
    const auto looked_at = [](const std::string& url) {
        const auto finished =
            run(program({"health", "--only", "database", "--warn", "database.replication=0.2",
                         "--warn", "database.standby_bytes=1000", "--json"},
                        {{"DATABASE_URL", url}}));
        std::map<std::string, Json> found;
        const auto json = Json::parse(finished.out);
        for (const auto& each : json.at("checks")) found[each.at("id")] = each;
        return found;
    };
    const auto there = standby.url(database.name());
    CHECK(eventually(
        [&] { return status(looked_at(database.url()), "database.standby_bytes") == "healthy"; }));
    std::this_thread::sleep_for(500ms);  // nothing is written meanwhile
    CHECK(status(looked_at(database.url()), "database.replication") == "healthy");
    CHECK(status(looked_at(there), "database.replication") == "healthy");
    CHECK(status(looked_at(there), "database.schema") == "healthy");

    pqxx::connection admin{there};
    pqxx::nontransaction{admin}.exec("SELECT pg_wal_replay_pause()");
    database.query("CREATE TABLE more AS SELECT generate_series(1, 10000) AS i");
    CHECK(
        eventually([&] { return status(looked_at(there), "database.replication") == "degraded"; }));
    const auto paused = looked_at(there);
    CHECK_THAT(paused.at("database.replication").at("message").get<std::string>(),
               ContainsSubstring("its replay is paused"));
    CHECK(paused.at("database.replication").at("fix") == "SELECT pg_wal_replay_resume() there");
    CHECK(status(looked_at(database.url()), "database.standby_bytes") == "degraded");
}

TEST_CASE("an index that is invalid, keys that run out, and connections in use are seen") {
    const Watched it;
    it.database.query("CREATE TABLE public.small (id smallint GENERATED BY DEFAULT AS IDENTITY)");
    it.database.query("SELECT setval('public.small_id_seq', 30000)");
    it.database.query("CREATE INDEX broken ON public.questions (id)");
    it.database.query(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = "
        "'public.broken'::regclass");
    const auto looked = it.looked({"--only", "database", "--warn", "database.saturation=0:0"});
    CHECK(status(looked, "database.keys") == "unhealthy");
    CHECK_THAT(looked.at("database.keys").at("message").get<std::string>(),
               ContainsSubstring("public.small.id is at 30000 of 32767"));
    CHECK(status(looked, "database.indexes") == "degraded");
    CHECK_THAT(looked.at("database.indexes").at("fix").get<std::string>(),
               ContainsSubstring("REINDEX INDEX CONCURRENTLY public.broken"));
    CHECK(status(looked, "database.saturation") == "degraded");
    CHECK(status(looked, "") == "unhealthy");
}

TEST_CASE("a Redis that is full, drops keys or takes no writes is told apart") {
    const Watched it;
    const auto connection = it.redis.connect();
    auto& redis = *connection;
    redis.command({"CONFIG", "SET", "maxmemory-policy", "noeviction"});
    redis.command({"CONFIG", "SET", "maxmemory", "1"});
    const auto full = it.looked({"--only", "redis"});
    CHECK(status(full, "redis.writes") == "unhealthy");
    CHECK_THAT(full.at("redis.writes").at("why").get<std::string>(), ContainsSubstring("OOM"));
    CHECK(status(full, "redis.memory") == "unhealthy");
    CHECK(status(full, "redis.ping") == "healthy");

    redis.command({"CONFIG", "SET", "maxmemory", "100mb"});
    redis.command({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
    const auto lossy = it.looked({"--only", "redis"});
    CHECK(status(lossy, "redis.policy") == "degraded");
    CHECK(status(lossy, "redis.writes") == "healthy");
    CHECK(status(lossy, "redis.memory") == "healthy");

    redis.command({"REPLICAOF", "127.0.0.1", "1"});
    const auto replica = it.looked({"--only", "redis"});
    CHECK(status(replica, "redis.writes") == "unhealthy");
    CHECK_THAT(replica.at("redis.writes").at("why").get<std::string>(),
               ContainsSubstring("READONLY"));
    redis.command({"REPLICAOF", "NO", "ONE"});

    redis.command(
        {"ACL", "SETUSER", "guest", "on", ">pass", "+ping", "+hello", "+client", "+info"});
    auto url = it.redis.url();
    url.insert(url.find("//") + 2, "guest:pass@");
    const auto guest = it.looked({"--only", "redis"}, {{"REDIS_URL", url}});
    CHECK(status(guest, "redis.writes") == "unknown");
    CHECK(guest.at("redis.writes").at("message") == "not permitted");
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
    const auto looked = it.looked({}, {{"NIGHTSHIFT_SCHEDULE", file}});
    for (const auto& [id, words] : std::map<std::string, std::string>{
             {"jobs.failures", "check-streaks has failed 3 times in a row"},
             {"jobs.overdue", "monthly since "},
             {"jobs.stuck", "import is at work on worker-7 (process 4711)"},
             {"boards.age", "the weekly board is of 10800 s ago"},
             {"outbox.oldest", "a review by email waits for 7200 s"},
             {"outbox.stuck", "1 are in doubt"}}) {
        INFO(id);
        CHECK(status(looked, id) == (id == "jobs.failures" ? "unhealthy" : "degraded"));
        CHECK_THAT(looked.at(id).at("message").get<std::string>(), ContainsSubstring(words));
    }
    CHECK(status(looked, "") == "degraded");
}

TEST_CASE("a board that Redis serves otherwise than it was published is seen") {
    const Watched it;
    it.database.query(
        "INSERT INTO users (id, name) VALUES (1, 'Awa'), (2, 'Lea'); INSERT INTO questions (id) "
        "VALUES (1); INSERT INTO attempts (user_id, question_id, is_correct, attempted_at) SELECT "
        "i, 1, true, now() - interval '1 hour' FROM generate_series(1, 2) AS i");
    CHECK(it.looked({}).at("boards.match").at("message") == "0 boards as published");
    const auto published =
        run(program({"recompute-leaderboard", "--period", "weekly"}, it.environment()));
    INFO(published.err);
    REQUIRE(published.exit_code == 0);
    const auto well = it.looked({});
    CHECK(status(well, "boards.match") == "healthy");
    CHECK(well.at("boards.match").at("message") == "1 board as published");

    const auto redis = it.redis.connect();
    redis->command({"ZREM", "{leaderboard:weekly}:ranks", "1"});
    const auto fewer = it.looked({});
    CHECK(status(fewer, "boards.match") == "degraded");
    CHECK_THAT(fewer.at("boards.match").at("message").get<std::string>(),
               ContainsSubstring("ranks 1 user, and 2 were published"));
    redis->command({"SET", "leaderboard:weekly", "{}"});
    CHECK_THAT(it.looked({}).at("boards.match").at("message").get<std::string>(),
               ContainsSubstring("is another document"));
    redis->command({"DEL", "leaderboard:weekly"});
    const auto gone = it.looked({});
    CHECK_THAT(gone.at("boards.match").at("message").get<std::string>(),
               ContainsSubstring("is not served"));
    CHECK(gone.at("boards.match").at("fix") == "nightshift recompute-leaderboard --period weekly");
}

TEST_CASE("the machine's disk, memory, load and clock are held against their ranges") {
    const Watched it;
    const auto looked = it.looked({"--only", "system"});
    for (const auto* id : {"system.disk", "system.memory", "system.load", "system.clock"}) {
        INFO(id);
        CHECK(looked.at(id).at("value").is_number());
    }
    CHECK(status(looked, "system.clock") == "healthy");
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
        CHECK(each.at("status") == "healthy");
    }
    it.database.query("DROP OWNED BY monitoring; DROP ROLE monitoring");
}
