// Locks that others hold, runs that are killed, and two at once.
#include "schema/app.hpp"
#include "schema/built_in.hpp"
#include "support/expect.hpp"

#include <csignal>

using namespace nightshift;
using namespace nightshift::test;
using namespace std::chrono_literals;

TEST_CASE("a table that others hold is tried again, and who holds it is named") {
    App app{"uuid.sql"};
    pqxx::connection reader{app.database.url()};
    const auto pid = "backend " + std::to_string(reader.backendpid());
    pqxx::work reading{reader};
    reading.exec("SELECT count(*) FROM attempts");
    const auto given_up = app.migrate({"--lock-tries", "2", "--lock-timeout", "0.05"});
    INFO(given_up.err);
    CHECK(given_up.exit_code == 75);
    CHECK_THAT(given_up.err, ContainsSubstring("public.attempts stays locked"));
    CHECK_THAT(given_up.err, ContainsSubstring(pid));

    const TemporaryFolder folder;
    const auto log = (folder.path() / "log").string();
    Background waiting{program({"migrate", "up"}, app.environment("postgres")), log};
    CHECK(eventually([&] { return says(log, pid); }));
    reading.commit();
    CHECK(waiting.wait() == 0);
    CHECK(app.nightshift({"migrate", "status", "--check"}).exit_code == 0);
}

TEST_CASE("an index build waits for an older transaction longer than an ALTER may") {
    App app{"uuid.sql"};
    pqxx::connection writer{app.database.url()};
    app.migrate();
    app.database.query("DROP INDEX nightshift_attempts_user");
    pqxx::work writing{writer};
    writing.exec("UPDATE attempts SET device = 'tablet' WHERE id = md5('a1')::uuid");
    const auto given_up = app.migrate({"--build-wait", "0.2"});
    INFO(given_up.err);
    CHECK(given_up.exit_code == 75);
    CHECK(app.database.query("SELECT count(*) FROM pg_index WHERE NOT indisvalid") == "1");

    const TemporaryFolder folder;
    const auto log = (folder.path() / "log").string();
    Background waiting{program({"migrate", "up"}, app.environment("postgres")), log};
    const auto who = "waits_for=backend " + std::to_string(writer.backendpid());
    CHECK(eventually([&] { return says(log, who); }));  // the progress, after two seconds
    writing.commit();
    CHECK(waiting.wait() == 0);
    CHECK(app.invalid_indexes() == "0");
}

TEST_CASE("kill -9 at each statement, and up goes on") {
    for (const std::string statement :
         {"ALTER TABLE public.users", "ALTER TABLE public.questions", "ALTER TABLE public.attempts",
          "nightshift_attempts_board", "nightshift_attempts_user", "nightshift_attempts_arrival",
          "nightshift_attempts_event", "CREATE DOMAIN", "nightshift.migrations"}) {
        INFO(statement);
        App app{"uuid.sql"};
        // Each DDL of this shape stands still for a moment before it ends.
        app.database.query(
            "CREATE FUNCTION slow() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN IF "
            "current_query() LIKE '%" +
            statement +
            "%' THEN PERFORM pg_sleep(3); END IF; END $$;"
            "CREATE EVENT TRIGGER slow ON ddl_command_end EXECUTE FUNCTION slow()");
        Background killed{program({"migrate", "up"}, app.environment("postgres"))};
        const auto asleep =
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' "
            "AND datname = current_database()";
        while (app.database.query(asleep) == "0") REQUIRE(killed.is_running());
        killed.signal(SIGKILL);
        killed.wait();
        app.database.query("DROP EVENT TRIGGER slow");
        const auto again = app.migrate();
        INFO(again.err);
        CHECK(again.exit_code == 0);
        CHECK(app.invalid_indexes() == "0");
        CHECK(app.content() == app.content_before);
        CHECK(app.nightshift({"migrate", "status", "--check"}).exit_code == 0);
        CHECK(app.migrate().out == "the schema is up to date\n");
    }
}

TEST_CASE("two that adopt at once: one works, the other waits and finds nothing to do") {
    App app{"uuid.sql"};
    const TemporaryFolder folder;
    std::vector<std::unique_ptr<Background>> runs;
    for (int i = 0; i < 2; ++i) {
        runs.push_back(
            std::make_unique<Background>(program({"migrate", "up"}, app.environment("postgres"))));
    }
    for (auto& each : runs) CHECK(each->wait() == 0);
    CHECK(app.invalid_indexes() == "0");
    CHECK(app.database.query("SELECT count(*) FROM nightshift.migrations") ==
          std::to_string(schema::built_in().migrations.size()));
}

TEST_CASE("a build of the app's own on the same table is waited for, and serves") {
    App app{"uuid.sql"};
    REQUIRE(app.migrate().exit_code == 0);
    app.database.query("DROP INDEX nightshift_attempts_user, nightshift_attempts_board");
    pqxx::connection writer{app.database.url()};
    pqxx::work writing{writer};
    writing.exec("UPDATE attempts SET device = 'tablet' WHERE id = md5('a1')::uuid");
    Background building{
        {.command = {"psql", "--no-psqlrc", "--set=ON_ERROR_STOP=1", app.database.url(),
                     "--command=CREATE INDEX CONCURRENTLY nightshift_attempts_user ON attempts "
                     "(user_id, attempted_at)"}}};
    CHECK(eventually([&] { return app.invalid_indexes() == "1"; }));
    const auto made = app.database.query("SELECT 'nightshift_attempts_user'::regclass::oid");

    const TemporaryFolder folder;
    const auto log = (folder.path() / "log").string();
    Background waiting{program({"migrate", "up"}, app.environment("postgres")), log};
    CHECK(eventually([&] { return says(log, "waiting for others who build"); }));
    writing.commit();
    CHECK(building.wait() == 0);
    CHECK(waiting.wait() == 0);
    CHECK(app.database.query("SELECT 'nightshift_attempts_user'::regclass::oid") == made);
    CHECK(app.invalid_indexes() == "0");
    CHECK(app.nightshift({"migrate", "status", "--check"}).exit_code == 0);
}

TEST_CASE("who holds a lock is named also where we may not know what they do") {
    App app{"uuid.sql"};
    const auto role = "blind_" + app.database.name();
    app.database.query("CREATE ROLE " + role + " LOGIN; GRANT CREATE ON SCHEMA public TO " + role +
                       "; GRANT CREATE ON DATABASE " + app.database.name() + " TO " + role +
                       "; ALTER TABLE users OWNER TO " + role +
                       "; ALTER TABLE questions OWNER TO " + role +
                       "; ALTER TABLE attempts OWNER TO " + role);
    pqxx::connection reader{app.database.url()};
    pqxx::work reading{reader};
    reading.exec("SELECT count(*) FROM attempts");
    const auto given_up = app.migrate({"--lock-tries", "2"}, role);
    INFO(given_up.err);
    CHECK(given_up.exit_code == 75);
    CHECK_THAT(given_up.err,
               ContainsSubstring("backend " + std::to_string(reader.backendpid()) + " (") &&
                   ContainsSubstring("pg_read_all_stats"));
    reading.commit();
    CHECK(app.migrate({}, role).exit_code == 0);
}

TEST_CASE("a prepared transaction that holds a table is named") {
    App app{"uuid.sql"};
    app.database.query("BEGIN; UPDATE attempts SET device = 'tablet'; PREPARE TRANSACTION 'held';");
    const auto given_up = app.migrate({"--lock-tries", "1"});
    INFO(given_up.err);
    CHECK(given_up.exit_code == 75);
    CHECK_THAT(given_up.err, ContainsSubstring("the prepared transaction 'held'"));
    app.database.query("COMMIT PREPARED 'held'");
    REQUIRE(app.migrate().exit_code == 0);

    app.database.query("DROP INDEX nightshift_attempts_user");
    app.database.query("BEGIN; UPDATE attempts SET device = 'phone'; PREPARE TRANSACTION 'held2';");
    const auto waited = app.migrate({"--build-wait", "1"});
    INFO(waited.err);
    CHECK(waited.exit_code == 75);
    CHECK_THAT(waited.err, ContainsSubstring("held2"));
    app.database.query("COMMIT PREPARED 'held2'");
    CHECK(app.migrate().exit_code == 0);
}

TEST_CASE("a run that has lost its lock makes no further change") {
    App app{"uuid.sql"};
    pqxx::connection reader{app.database.url()};
    pqxx::work reading{reader};
    reading.exec("SELECT count(*) FROM questions");
    const TemporaryFolder folder;
    const auto log = (folder.path() / "log").string();
    Background waiting{program({"migrate", "up"}, app.environment("postgres")), log};
    CHECK(eventually([&] { return says(log, "public.questions is locked by others"); }));
    app.database.query(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database = "
        "(SELECT oid FROM pg_database WHERE datname = current_database())");
    reading.commit();
    CHECK(waiting.wait() == 69);
    CHECK(app.database.query("SELECT count(*) FROM pg_attribute WHERE attname = 'ingest_xid' AND "
                             "attrelid = 'attempts'::regclass") == "0");
    CHECK(app.migrate().exit_code == 0);
}

TEST_CASE("an autovacuum of the table gives way") {
    Postgres server;
    const Database database{server, Database::Schema::none};
    database.query(
        "CREATE TABLE attempts (id serial PRIMARY KEY, user_id int, question_id int, is_correct "
        "boolean, attempted_at timestamptz) WITH (autovacuum_vacuum_cost_delay = 100, "
        "autovacuum_vacuum_cost_limit = 1, autovacuum_vacuum_threshold = 1, "
        "autovacuum_vacuum_scale_factor = 0);"
        "INSERT INTO attempts (user_id) SELECT 1 FROM generate_series(1, 50000)");
    database.query("DELETE FROM attempts WHERE id % 2 = 0");
    database.query("ALTER SYSTEM SET autovacuum_naptime = '1s'");
    database.query("SELECT pg_reload_conf()");
    CHECK(eventually([&] {
        return database.query(
                   "SELECT count(*) FROM pg_stat_activity WHERE backend_type = "
                   "'autovacuum worker' AND query LIKE '%public.attempts%'") == "1";
    }));
    const auto adopted = run(program({"migrate", "up", "--lock-tries", "2"},
                                     {{"DATABASE_URL", database.url()}, {"LOG_FORMAT", "plain"}}));
    INFO(adopted.err);
    CHECK(adopted.exit_code == 0);
}
