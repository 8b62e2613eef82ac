#include "migrations/up.hpp"

#include "base/error.hpp"
#include "schema/built_in.hpp"
#include "support/binary.hpp"
#include "support/catch.hpp"
#include "support/expect.hpp"

#include <thread>

#include <signal.h>

using namespace nightshift;
using namespace nightshift::test;
using migrations::State;

namespace {

migrations::Track track(std::vector<migrations::Migration> migrations) {
    return {"test", std::move(migrations)};
}

migrations::UpResult up(const Database& database, const migrations::Track& track) {
    return migrations::up(track, {.connect = [&] { return database.connect(); }, .stop = {}});
}

migrations::Status status(const Database& database, const migrations::Track& track) {
    return database.connect()->transaction(
        "test", [&](auto& transaction) { return migrations::status(transaction, track); });
}

}  // namespace

TEST_CASE("an empty database is migrated, and a second up has nothing to do") {
    const Database database{Database::Schema::none};
    const auto first = up(database, schema::built_in());
    REQUIRE(first.applied.size() == schema::built_in().migrations.size());
    CHECK(first.applied[0].state == State::applied);
    CHECK(first.applied[0].applied_by == "postgres");
    CHECK(up(database, schema::built_in()).applied.empty());
    CHECK(database.query("SELECT count(*) FROM public.attempts") == "0");
    CHECK(database.query("SELECT checksum FROM nightshift.migrations") ==
          schema::built_in().migrations[0].checksum());
}

TEST_CASE("every migration file of the schema is in the list") {
    std::size_t files = 0;
    for (const auto& file : std::filesystem::directory_iterator{source() / "lib/schema/sql"}) {
        files += file.path().extension() == ".sql" ? 1U : 0U;
    }
    CHECK(files == schema::built_in().migrations.size());
}

TEST_CASE("a database with an app's tables is refused and left as it was") {
    const Database database{Database::Schema::none};
    database.query("CREATE TABLE public.users (id int)");
    CHECK(error_of([&] { up(database, schema::built_in()); }).failure == Failure::configuration);
    CHECK(database.query("SELECT count(*) FROM pg_namespace WHERE nspname = 'nightshift'") == "0");
}

TEST_CASE("what stands where a migration would create is a matter of configuration, and named") {
    const Database database{Database::Schema::none};
    database.query("CREATE SCHEMA nightshift; CREATE TABLE nightshift.boards (x int)");
    const auto error = error_of([&] { up(database, schema::built_in()); });
    CHECK(error.failure == Failure::configuration);
    CHECK_THAT(error.cause, ContainsSubstring("boards"));
    CHECK_THAT(error.hint, ContainsSubstring("rename or drop"));
}

TEST_CASE("a migration that fails leaves nothing and is simply pending") {
    const Database database{Database::Schema::none};
    const auto broken = track({{1, "good", "CREATE TABLE a (x int)"},
                               {2, "broken", "CREATE TABLE b (x int); SELECT 1/0"}});
    CHECK(error_of([&] { up(database, broken); }).failure == Failure::data);
    CHECK(database.query("SELECT to_regclass('b')").empty());
    const auto mended =
        track({{1, "good", "CREATE TABLE a (x int)"}, {2, "broken", "CREATE TABLE b (x int)"}});
    CHECK(status(database, mended).count(State::pending) == 1);
    CHECK(up(database, mended).applied.size() == 1);
}

TEST_CASE("an edited migration is named and refused, a newer schema too") {
    const Database database{Database::Schema::none};
    up(database, track({{1, "one", "SELECT 1"}, {2, "two", "SELECT 2"}}));
    const auto edited = track({{1, "one", "SELECT 11"}, {2, "two", "SELECT 2"}});
    CHECK(status(database, edited).entries[0].state == State::edited);
    CHECK(error_of([&] { up(database, edited); }).failure == Failure::data);
    const auto older = track({{1, "one", "SELECT 1"}});
    CHECK(status(database, older).entries[1].state == State::ahead);
    CHECK(error_of([&] { up(database, older); }).failure == Failure::configuration);
}

TEST_CASE("of eight that migrate at once one works and the others find nothing to do") {
    const Database database{Database::Schema::none};
    const auto slow = track({{1, "slow",
                              "CREATE TABLE ran (x int); INSERT INTO ran VALUES (1);"
                              "SELECT pg_sleep(0.3)"}});
    std::atomic<int> applied = 0;
    std::atomic<int> waited = 0;
    {
        std::vector<std::jthread> runs;
        for (int i = 0; i < 8; ++i) {
            runs.emplace_back([&] {
                const auto result = up(database, slow);
                applied += static_cast<int>(result.applied.size());
                waited += result.waited ? 1 : 0;
            });
        }
    }
    CHECK(applied == 1);
    CHECK(waited == 7);
    CHECK(database.query("SELECT count(*) FROM ran") == "1");
}

TEST_CASE("who waits for the lock in vain learns who holds it") {
    const Database database{Database::Schema::none};
    const auto slow = track({{1, "slow", "SELECT pg_sleep(1.5)"}});
    const std::jthread first{[&] { up(database, slow); }};
    std::this_thread::sleep_for(std::chrono::milliseconds{500});
    try {
        migrations::up(slow, {.connect = [&] { return database.connect(); },
                              .lock_wait = std::chrono::milliseconds{0},
                              .stop = {}});
        FAIL("the lock was had twice");
    } catch (const Error& error) {
        CHECK(error.failure == Failure::busy);
        CHECK_THAT(error.cause, ContainsSubstring("nightshift test"));
    }
}

TEST_CASE("kill -9 in the middle of a migration leaves nothing, and up goes on") {
    const Database database{Database::Schema::none};
    database.query(
        "CREATE FUNCTION slow() RETURNS event_trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_sleep(5); END $$;"
        "CREATE EVENT TRIGGER slow ON ddl_command_end WHEN TAG IN ('CREATE INDEX') "
        "EXECUTE FUNCTION slow()");
    Background killed{program({"migrate", "up"}, {{"DATABASE_URL", database.url()}})};
    while (database.query("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") ==
           "0") {
        REQUIRE(killed.is_running());
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    killed.signal(SIGKILL);
    killed.wait();
    database.query("DROP EVENT TRIGGER slow");  // waits for the dead client's transaction to end
    CHECK(database.query("SELECT to_regnamespace('nightshift')").empty());
    const auto again = run(program({"migrate", "up"}, {{"DATABASE_URL", database.url()}}));
    CHECK(again.exit_code == 0);
    CHECK_THAT(again.out, ContainsSubstring("applied 1 attempts_and_boards"));
}
