// nightshift health against Postgres, of which each thing is broken in turn.
#include "health/health_scene.hpp"
#include "support/expect.hpp"

#include <chrono>
#include <csignal>
#include <thread>

using namespace nightshift::test;
using namespace std::chrono_literals;

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

TEST_CASE("of a chain of waiters the one is named who keeps them all waiting") {
    const Watched it;
    it.database.query("CREATE TABLE public.a (); CREATE TABLE public.b ()");
    const auto root = it.database.connect();
    root->transaction("holding", [&](auto& transaction) {
        transaction.exec("LOCK TABLE public.a");
        const auto wait_for = [&](const std::string& locks) {
            return std::thread{[&it, locks] {
                const auto connection = it.database.connect();
                try {
                    connection->transaction("waiting", [&](auto& other) { other.exec(locks); });
                } catch (const std::exception&) {
                }
            }};
        };
        std::thread middle = wait_for("LOCK TABLE public.b; LOCK TABLE public.a");
        CHECK(eventually([&] {
            return it.looked({"--only", "database.locks"})
                       .at("database.locks")
                       .at("value")
                       .get<double>() > 0;
        }));
        std::thread last = wait_for("LOCK TABLE public.b");
        std::string said;
        CHECK(eventually([&] {
            said = it.looked({"--only", "database.locks"}).at("database.locks").at("message");
            return said.find("and 1 more wait") != std::string::npos;
        }));
        CHECK_THAT(said, ContainsSubstring("for session " + std::to_string(root->process())));
        transaction.exec(
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
        middle.join();
        last.join();
    });
}

TEST_CASE("a transaction that was prepared and forgotten is named, and how it ends") {
    Postgres server;
    const Database database{server, Database::Schema::migrated};
    database.query("ALTER SYSTEM SET max_prepared_transactions = 2");
    server.stop(SIGINT);
    server.start();
    pqxx::connection app{database.url()};
    pqxx::nontransaction{app}.exec("BEGIN; CREATE TABLE t (); PREPARE TRANSACTION 'left over'");
    const auto finished = run(program({"health", "--only", "database.transactions", "--warn",
                                       "database.transactions=0.001", "--json"},
                                      {{"DATABASE_URL", database.url()}}));
    const auto check = Json::parse(finished.out).at("checks").at(0);
    INFO(check);
    CHECK(check.at("status") == "degraded");
    CHECK_THAT(check.at("message").get<std::string>(), ContainsSubstring("left over"));
    CHECK_THAT(check.at("fix").get<std::string>(),
               ContainsSubstring("ROLLBACK PREPARED 'left over'"));
    pqxx::nontransaction{app}.exec("ROLLBACK PREPARED 'left over'");
}

TEST_CASE("connections are counted against the limits of the role and of the database, too") {
    const Watched it;
    it.database.query("ALTER DATABASE " + it.database.name() + " CONNECTION LIMIT 3");
    const auto one = it.database.connect();
    const auto two = it.database.connect();
    const auto looked = it.looked({"--only", "database.saturation"});
    CHECK_THAT(looked.at("database.saturation").at("message").get<std::string>(),
               ContainsSubstring("of 3 connections of database " + it.database.name()));
    CHECK(status(looked, "database.saturation") == "unhealthy");
}

TEST_CASE("through a pooler in transaction mode the same is seen") {
    const Watched it;
    const PgBouncer pooler{Postgres::shared()};
    std::map<std::string, Json> looked;
    CHECK(eventually([&] {
        looked = it.looked({}, {{"DATABASE_URL", pooler.url(it.database.name())}});
        return status(looked, "database.connect") == "healthy";
    }));
    for (const auto& [id, each] : looked) {
        INFO(id << ": " << each);
        CHECK(each.at("status") != "unknown");
        CHECK(each.at("status") != "unhealthy");
    }
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

TEST_CASE("sequences that count down, begin anew or lie below zero are no keys that run out") {
    const Watched it;
    it.database.query(
        "CREATE TABLE public.t (id bigint); CREATE SEQUENCE public.down INCREMENT -1 MINVALUE -9 "
        "OWNED BY t.id; CREATE SEQUENCE public.round MAXVALUE 2 CYCLE OWNED BY t.id; CREATE "
        "SEQUENCE public.below MINVALUE -9223372036854775808 MAXVALUE 0 START -9223372036854775807 "
        "OWNED BY t.id; SELECT nextval('down'), nextval('down'), nextval('round'), "
        "nextval('round'), nextval('below')");
    REQUIRE(run(program({"check-streaks"}, it.environment())).exit_code == 0);
    const auto looked = it.looked({"--only", "database"});
    for (const auto* id : {"database.keys", "database.keys_days", "database.wraparound_days"})
        CHECK(status(looked, id) == "healthy");
}

TEST_CASE("a job ends although somebody holds a sequence that it would note") {
    const Watched it;
    it.database.query("CREATE TABLE public.small (id integer GENERATED BY DEFAULT AS IDENTITY)");
    it.database.connect()->transaction("holding", [&](auto& transaction) {
        transaction.exec("TRUNCATE public.small RESTART IDENTITY");
        CHECK(run(program({"check-streaks"}, it.environment())).exit_code == 0);
    });
    CHECK(it.database.query("SELECT count(*) FROM nightshift.counters") == "0");
}

TEST_CASE("days that are left are told by the pace since what jobs have noted") {
    const Watched it;
    it.database.query("CREATE TABLE public.small (id integer GENERATED BY DEFAULT AS IDENTITY)");
    it.database.query("SELECT setval('public.small_id_seq', 1147483647)");
    const auto before = it.looked({"--only", "database"});
    CHECK(status(before, "database.keys_days") == "healthy");
    CHECK_THAT(before.at("database.keys_days").at("message").get<std::string>(),
               ContainsSubstring("not known yet"));
    CHECK(before.at("database.keys_days").at("value").is_null());

    REQUIRE(run(program({"check-streaks"}, it.environment())).exit_code == 0);
    const auto noted = it.database.query(
        "SELECT string_agg(name, ', ' ORDER BY name) FROM nightshift.counters WHERE name IN "
        "('transaction ids', 'multixacts', 'key public.small.id')");
    CHECK(noted == "key public.small.id, multixacts, transaction ids");
    CHECK(it.looked({"--only", "database"}).at("database.keys_days").at("value").is_null());
    // A million a day, of which a thousand days are left; somewhat less on a machine that is slow.
    it.database.query(
        "UPDATE nightshift.counters SET day = day - 2, noted_at = clock_timestamp() - interval "
        "'2 days 5 seconds', value = CASE name WHEN 'key public.small.id' THEN 1145483647 ELSE "
        "value - "
        "400000000 END WHERE name <> 'multixacts'");
    const auto after = it.looked({"--only", "database"});
    CHECK(after.at("database.keys_days").at("value").get<double>() == Approx(1000).margin(1));
    CHECK(status(after, "database.keys_days") == "healthy");
    CHECK_THAT(after.at("database.keys_days").at("message").get<std::string>(),
               ContainsSubstring("public.small.id is used up in 1000 days, at 1000000 a day"));
    CHECK(status(after, "database.wraparound_days") == "degraded");  // 2^31 at 200 million a day
    CHECK_THAT(after.at("database.wraparound_days").at("message").get<std::string>(),
               ContainsSubstring("transaction ids are used up in 11 days"));
    // 400 million multixacts in two days, over the end of their counter.
    it.database.query(
        "UPDATE nightshift.counters SET value = value + CASE name WHEN 'multixacts' THEN "
        "4294967296 - 400000000 WHEN 'transaction ids' THEN 400000000 ELSE 0 END, day = "
        "current_date"
        " - 2, noted_at = clock_timestamp() - interval '2 days'");
    CHECK_THAT(it.looked({"--only", "database"})
                   .at("database.wraparound_days")
                   .at("message")
                   .get<std::string>(),
               ContainsSubstring("multixacts are used up in 11 days"));
    // Of another cluster, which a dump has brought.
    it.database.query("UPDATE nightshift.counters SET system_identifier = 1");
    CHECK(it.looked({"--only", "database"}).at("database.wraparound_days").at("value").is_null());
    CHECK(it.looked({"--only", "database"}).at("database.keys_days").at("value").is_null());
    it.database.query(
        "UPDATE nightshift.counters SET system_identifier = (SELECT system_identifier FROM "
        "pg_control_system()), value = 100000000 WHERE name = 'key public.small.id'");
    const auto fast = it.looked({"--only", "database"});
    CHECK(status(fast, "database.keys_days") == "unhealthy");
    CHECK_THAT(fast.at("database.keys_days").at("fix").get<std::string>(),
               ContainsSubstring("make public.small.id a bigint"));
}
