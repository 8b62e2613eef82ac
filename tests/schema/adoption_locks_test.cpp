// Locks that others hold, runs that are killed, and two at once.
#include "schema/app.hpp"
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
    const auto who = "waits_for_backend=" + std::to_string(writer.backendpid());
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
    CHECK(app.database.query("SELECT count(*) FROM nightshift.migrations") == "1");
}
