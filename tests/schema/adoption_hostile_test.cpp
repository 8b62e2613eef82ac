// What a live database may hold against us: other people's functions, settings, shapes and haste.
#include "schema/app.hpp"
#include "support/expect.hpp"

#include <nlohmann/json.hpp>

using namespace nightshift::test;
using nlohmann::json;

namespace {

constexpr const char* plain_app =
    "CREATE TABLE users (id int PRIMARY KEY, name text); INSERT INTO users VALUES (1, 'Ann');"
    "CREATE TABLE questions (id int PRIMARY KEY); INSERT INTO questions VALUES (1);"
    "CREATE TABLE attempts (id serial PRIMARY KEY, user_id int, question_id int, is_correct "
    "boolean,"
    " attempted_at timestamptz);";

Finished up(const Database& database, std::vector<std::string> options = {}) {
    options.insert(options.begin(), {"migrate", "up"});
    return run(
        program(std::move(options), {{"DATABASE_URL", database.url()}, {"LOG_FORMAT", "plain"}}));
}

Finished psql(const Database& database, const std::string& sql) {
    return run({.command = {"psql", "--no-psqlrc", "--set=ON_ERROR_STOP=1", database.url()},
                .input = sql});
}

}  // namespace

TEST_CASE("no function of the app's runs with the rights of who migrates") {
    const Database database{Database::Schema::none};
    const auto role = "dev_of_" + database.name();
    database.query(plain_app);
    database.query("CREATE ROLE " + role + " LOGIN; GRANT CREATE ON SCHEMA public TO " + role);
    for (const std::string arguments : {"text, oid, text", "name, oid, text", "text, text"}) {
        database.query("SET ROLE " + role + "; CREATE FUNCTION public." +
                       (arguments == "text, text" ? std::string{"set_config(text, text, boolean)"}
                                                  : "has_table_privilege(" + arguments + ")") +
                       " RETURNS " + (arguments == "text, text" ? "text" : "boolean") +
                       " LANGUAGE plpgsql AS $$ BEGIN ALTER ROLE " + role +
                       " SUPERUSER; RETURN NULL; END $$");
    }
    CHECK(up(database, {"--dry-run"}).exit_code == 0);
    CHECK(up(database).exit_code == 0);
    CHECK(database.query("SELECT rolsuper FROM pg_roles WHERE rolname = '" + role + "'") == "f");
}

TEST_CASE("settings of role and database do not stop an adoption") {
    for (const std::string setting :
         {"default_transaction_isolation = 'serializable'",
          "default_transaction_isolation = 'repeatable read'", "quote_all_identifiers = on",
          "search_path = 'nowhere'", "statement_timeout = '1s'", "idle_session_timeout = '300ms'",
          "idle_in_transaction_session_timeout = '300ms'", "lock_timeout = '1ms'"}) {
        INFO(setting);
        const Database database{Database::Schema::none};
        database.query(plain_app);
        database.query("ALTER DATABASE " + database.name() + " SET " + setting);
        const auto adopted = up(database, {"--build-wait", "10"});
        INFO(adopted.err);
        CHECK(adopted.exit_code == 0);
        CHECK(up(database).out == "the schema is up to date\n");
    }
}

TEST_CASE("an index that somebody else built meanwhile stays, and counts") {
    const Database database{Database::Schema::none};
    database.query(plain_app);
    REQUIRE(up(database).exit_code == 0);
    database.query("DROP INDEX nightshift_attempts_user; ALTER TABLE users DROP COLUMN phone");
    pqxx::connection reader{database.url()};
    pqxx::work reading{reader};
    reading.exec("SELECT count(*) FROM users");
    const TemporaryFolder folder;
    const auto log = (folder.path() / "log").string();
    Background waiting{
        program({"migrate", "up"}, {{"DATABASE_URL", database.url()}, {"LOG_FORMAT", "plain"}}),
        log};
    CHECK(eventually([&] { return says(log, "locked by others"); }));
    database.query(
        "CREATE INDEX nightshift_attempts_user ON public.attempts (user_id, attempted_at)");
    const auto made = database.query("SELECT 'nightshift_attempts_user'::regclass::oid");
    reading.commit();
    CHECK(waiting.wait() == 0);
    CHECK(database.query("SELECT 'nightshift_attempts_user'::regclass::oid") == made);
}

TEST_CASE("tables to which nothing can be added are refused before the first change") {
    for (const auto& [sql, words] : std::vector<std::pair<std::string, std::string>>{
             {"CREATE TABLE audit (id int, old attempts)", "is the type of another table's column"},
             {"CREATE TABLE audit (id int, old users[])", "is the type of another table's column"},
             {"CREATE TABLE attempts_old () INHERITS (attempts)", "takes part in inheritance"},
             {"ALTER TABLE attempts RENAME TO away; CREATE TABLE alls (LIKE away) PARTITION BY "
              "LIST "
              "(user_id); CREATE TABLE attempts PARTITION OF alls FOR VALUES IN (1)",
              "is a partition of another table"}}) {
        INFO(sql);
        const Database database{Database::Schema::none};
        database.query(plain_app);
        database.query(sql);
        const auto refused = up(database);
        INFO(refused.err);
        CHECK(refused.exit_code == 78);
        CHECK_THAT(refused.err, ContainsSubstring(words));
        CHECK(database.query("SELECT count(*) FROM information_schema.columns WHERE table_name = "
                             "'users' AND column_name = 'phone'") == "0");
    }
}

TEST_CASE("text ids in a collation of their own are adopted, ranked and looked up") {
    const Database database{Database::Schema::none};
    database.query(
        "CREATE COLLATION plain (provider = icu, locale = 'und', deterministic = true);"
        "CREATE TABLE users (id text COLLATE plain PRIMARY KEY, name text);"
        "CREATE TABLE questions (id text COLLATE plain PRIMARY KEY);"
        "CREATE TABLE attempts (id text PRIMARY KEY, user_id text COLLATE plain, question_id text "
        "COLLATE plain, is_correct boolean, attempted_at timestamptz);"
        "INSERT INTO users VALUES ('a', 'Ann'), ('B', 'Ben');"
        "INSERT INTO attempts VALUES ('1', 'a', 'q', true, '2026-03-10'), ('2', 'B', 'q', true, "
        "'2026-03-10')");
    REQUIRE(up(database).exit_code == 0);
    const Redis redis;
    const std::map<std::string, std::string> environment{{"DATABASE_URL", database.url()},
                                                         {"REDIS_URL", redis.url()}};
    REQUIRE(run(program({"recompute-leaderboard", "--period", "weekly", "--as-of",
                         "2026-03-11T00:00:00Z"},
                        environment))
                .exit_code == 0);
    const auto rank = run(program({"leaderboard", "rank", "B", "--json"}, environment));
    CHECK(json::parse(rank.out)["rank"] == 2);  // bytewise B would be the first
}

TEST_CASE("who holds a table is named without what they wrote") {
    const Database database{Database::Schema::none};
    database.query(plain_app);
    pqxx::connection writer{database.url()};
    pqxx::work writing{writer};
    writing.exec("insert\ninto\n\tusers\nvalues\n(2,'planted-s3cret')");
    const auto given_up = up(database, {"--lock-tries", "1"});
    CHECK(given_up.exit_code == 75);
    CHECK_THAT(given_up.err, ContainsSubstring("last INSERT)"));
    CHECK_THAT(given_up.err, !ContainsSubstring("s3cret"));
    writing.commit();
}

TEST_CASE("a lock timeout of 0 is the shortest one, not none at all") {
    const Database database{Database::Schema::none};
    database.query(plain_app);
    pqxx::connection reader{database.url()};
    pqxx::work reading{reader};
    reading.exec("SELECT count(*) FROM users");
    CHECK(up(database, {"--lock-timeout", "0", "--lock-tries", "1"}).exit_code == 75);
}

TEST_CASE("the SQL that is printed works for common shapes") {
    const Database database{Database::Schema::none};
    database.query(
        "CREATE TABLE users (tenant int, id char(8), name text, ingest int, PRIMARY KEY (tenant, "
        "id)); INSERT INTO users VALUES (1, 'usr_1', 'Ann');"
        "CREATE TABLE questions (uid int PRIMARY KEY, id text);"
        "CREATE TABLE attempts (id serial PRIMARY KEY, user_id text, question_id text, is_correct "
        "int NOT NULL DEFAULT 0, attempted_at timestamp DEFAULT (now() AT TIME ZONE 'utc'), "
        "skipped "
        "smallint, ingest_xid xid8); INSERT INTO attempts (user_id, question_id) VALUES ('usr_1', "
        "'q');");
    const auto refused = up(database);
    INFO(refused.err);
    CHECK(refused.exit_code == 65);
    const auto mended = psql(database, refused.out);
    INFO(refused.out << mended.err);
    CHECK(mended.exit_code == 0);
    const auto adopted = up(database);
    INFO(adopted.err);
    CHECK(adopted.exit_code == 0);
    CHECK(database.query("SELECT column_default FROM information_schema.columns WHERE table_name = "
                         "'attempts' AND column_name = 'attempted_at'") == "now()");
}

TEST_CASE("who may have too few sessions learns it before the first change") {
    const Database database{Database::Schema::none};
    const auto role = "few_of_" + database.name();
    database.query("CREATE ROLE " + role + " LOGIN CONNECTION LIMIT 2; GRANT CREATE ON DATABASE " +
                   database.name() + " TO " + role + "; GRANT CREATE ON SCHEMA public TO " + role +
                   "; SET ROLE " + role + "; " + plain_app);
    const auto url = Postgres::shared().url(database.name(), role);
    const auto refused = run(program({"migrate", "up"}, {{"DATABASE_URL", url}}));
    INFO(refused.err);
    CHECK(refused.exit_code == 69);
    CHECK_THAT(refused.err, ContainsSubstring("CONNECTION LIMIT"));
    CHECK(database.query("SELECT count(*) FROM information_schema.columns WHERE column_name = "
                         "'ingest_xid'") == "0");
    database.query("ALTER ROLE " + role + " CONNECTION LIMIT 3");
    CHECK(run(program({"migrate", "up"}, {{"DATABASE_URL", url}})).exit_code == 0);
}

TEST_CASE("constraints that are checked later are found, and mended by what is printed") {
    const Database database{Database::Schema::none};
    database.query(plain_app);
    database.query(
        "ALTER TABLE attempts ADD event_id varchar(40), ADD UNIQUE (event_id) DEFERRABLE;"
        "ALTER TABLE users DROP CONSTRAINT users_pkey, ADD PRIMARY KEY (id) DEFERRABLE");
    const auto refused = up(database);
    INFO(refused.err);
    CHECK(refused.exit_code == 65);
    CHECK_THAT(refused.err, ContainsSubstring("public.attempts.event_id is unique by a constraint "
                                              "that is DEFERRABLE"));
    const auto mended = psql(database, refused.out);
    INFO(refused.out << mended.err);
    CHECK(mended.exit_code == 0);
    CHECK(up(database).exit_code == 0);
    const auto imported =
        run(program({"import-attempts", "-", "--create-users"}, {{"DATABASE_URL", database.url()}},
                    "user_id,question_id,is_correct,attempted_at,event_id\n"
                    "2,1,1,2026-03-10T11:00:00Z,a\n2,1,1,2026-03-10T11:00:00Z,a\n"));
    INFO(imported.err);
    CHECK(imported.exit_code == 0);
    CHECK(database.query("SELECT string_agg(conname, ' ' ORDER BY conname) FROM pg_constraint "
                         "WHERE conrelid IN ('users'::regclass, 'attempts'::regclass)") ==
          "attempts_event_id_key attempts_pkey users_pkey");
}

TEST_CASE("a generated column is named by the import that would write it") {
    const Database database{Database::Schema::none};
    database.query(plain_app);
    database.query(
        "ALTER TABLE attempts ADD answer text, ADD skipped boolean GENERATED ALWAYS AS (answer IS "
        "NULL) STORED");
    REQUIRE(up(database).exit_code == 0);
    const auto imported =
        run(program({"import-attempts", "-"}, {{"DATABASE_URL", database.url()}},
                    "user_id,question_id,is_correct,attempted_at\n1,1,1,2026-03-10T11:00:00Z\n"));
    CHECK(imported.exit_code == 78);
    CHECK_THAT(imported.err, ContainsSubstring("skipped") && ContainsSubstring("DROP EXPRESSION"));
}

TEST_CASE("an identity that is generated always takes users from an import") {
    const Database database{Database::Schema::none};
    database.query(
        "CREATE TABLE users (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text);"
        "CREATE TABLE questions (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY)");
    REQUIRE(up(database).exit_code == 0);
    const auto imported =
        run(program({"import-attempts", "-", "--create-users", "--create-questions"},
                    {{"DATABASE_URL", database.url()}},
                    "user_id,question_id,is_correct,attempted_at\n7,3,1,2026-03-10T11:00:00Z\n"));
    INFO(imported.err);
    CHECK(imported.exit_code == 0);
    database.query("INSERT INTO users (name) VALUES ('next')");
    CHECK(database.query("SELECT max(id) FROM users") == "8");
}
