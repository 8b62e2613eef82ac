#include "schema/up.hpp"

#include "base/error.hpp"
#include "schema/built_in.hpp"
#include "support/binary.hpp"
#include "support/catch.hpp"
#include "support/expect.hpp"

#include <cctype>
#include <thread>

#include <signal.h>

using namespace nightshift;
using namespace nightshift::test;
using migrations::State;

namespace {

schema::UpResult up(const Database& database, const schema::AdoptionRequest& adoption = {}) {
    return schema::up(
        {.run = {.connect = [&] { return database.connect(); }, .stop = {}}, .adoption = adoption});
}

}  // namespace

TEST_CASE("an empty database is migrated, and a second up has nothing to do") {
    const Database database{Database::Schema::none};
    const auto first = up(database);
    REQUIRE(first.applied.size() == schema::built_in().migrations.size());
    CHECK(first.statements.size() == 1);
    CHECK(first.applied[0].state == State::applied);
    CHECK(first.applied[0].applied_by == "postgres");
    const auto second = up(database);
    CHECK(second.applied.empty());
    CHECK(second.statements.empty());
    CHECK(database.query("SELECT count(*) FROM public.attempts") == "0");
    CHECK(database.query("SELECT checksum FROM nightshift.migrations") ==
          schema::built_in().migrations[0].checksum());
}

TEST_CASE("every migration file of the schema is in the list") {
    std::size_t files = 0;
    for (const auto& file : std::filesystem::directory_iterator{source() / "lib/schema/sql"}) {
        files += std::isdigit(file.path().filename().string().front()) != 0 ? 1U : 0U;
    }
    CHECK(files == schema::built_in().migrations.size());
}

TEST_CASE("a new database gets ids of the type that was asked for") {
    const std::vector<std::pair<schema::IdType, std::string>> types{
        {schema::IdType::bigint, "bigint"},
        {schema::IdType::uuid, "uuid"},
        {schema::IdType::text, "text"}};
    for (const auto& [type, name] : types) {
        const Database database{Database::Schema::none};
        up(database, {.id_type = type});
        CHECK(database.query("SELECT string_agg(DISTINCT data_type, ',') FROM "
                             "information_schema.columns WHERE table_schema = 'public' AND "
                             "(column_name = 'id' OR column_name LIKE '%\\_id' AND column_name <> "
                             "'event_id')") == name);
        CHECK(database.query("SELECT string_agg(DISTINCT data_type, ',') FROM "
                             "information_schema.domains WHERE domain_schema = 'nightshift'") ==
              name);
        database.query("INSERT INTO users (name) VALUES ('made without an id')");
        const auto other =
            type == schema::IdType::uuid ? schema::IdType::text : schema::IdType::uuid;
        CHECK(error_of([&] { up(database, {.id_type = other}); }).failure == Failure::usage);
        CHECK(up(database, {.id_type = type}).statements.empty());
    }
}

TEST_CASE("what stands where a migration would create is named before the first change") {
    const Database database{Database::Schema::none};
    database.query("CREATE SCHEMA nightshift; CREATE TABLE nightshift.boards (x int)");
    const auto refusal = up(database).refusal;
    REQUIRE(refusal);
    CHECK(refusal->error.failure == Failure::configuration);
    CHECK_THAT(refusal->error.cause, ContainsSubstring("not ours: boards"));
    CHECK(database.query("SELECT to_regclass('public.users')").empty());
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
