// Shapes that apps give their tables, and what is said of them before the first change.
#include "schema/app.hpp"
#include "support/expect.hpp"

using namespace nightshift::test;

namespace {

constexpr const char* users = "CREATE TABLE users (id int PRIMARY KEY, name text);";
constexpr const char* questions =
    "CREATE TABLE questions (id int PRIMARY KEY); INSERT INTO questions VALUES (1);";
constexpr const char* attempts =
    "CREATE TABLE attempts (id serial PRIMARY KEY, user_id int, question_id int, is_correct "
    "boolean, attempted_at timestamptz);";
const auto plain_app = std::string{users} + questions + attempts;

// Of an app made by this SQL.
struct Shape {
    explicit Shape(const std::string& sql) { database.query(sql); }

    Finished up(std::vector<std::string> options = {}) const {
        options.insert(options.begin(), {"migrate", "up"});
        return nightshift(std::move(options));
    }
    Finished nightshift(std::vector<std::string> arguments, std::string input = {}) const {
        return run(program(std::move(arguments),
                           {{"DATABASE_URL", database.url()}, {"LOG_FORMAT", "plain"}},
                           std::move(input)));
    }
    Finished import_for_user(const std::string& id) const {
        return nightshift(
            {"import-attempts", "-", "--create-users", "--create-questions"},
            "user_id,question_id,is_correct,attempted_at\n" + id + ",1,1,2026-03-10T11:00:00Z\n");
    }
    Finished psql(const std::string& sql) const {
        return run({.command = {"psql", "--no-psqlrc", "--set=ON_ERROR_STOP=1", database.url()},
                    .input = sql});
    }
    bool is_untouched() const {
        return database.query(
                   "SELECT count(*) FROM pg_attribute a JOIN pg_class c ON c.oid = "
                   "attrelid WHERE relname IN ('users', 'attempts') AND attname IN "
                   "('phone', 'ingest_xid')") == "0" &&
               database.query("SELECT to_regclass('nightshift.migrations')").empty();
    }

    Database database{Database::Schema::none};
};

}  // namespace

TEST_CASE("tables of the app's in another schema are not hidden behind empty ones of ours") {
    for (const std::string path : {"ALTER DATABASE {database} SET search_path = public, app",
                                   "CREATE ROLE {database}_r LOGIN; ALTER ROLE {database}_r IN "
                                   "DATABASE {database} SET search_path = 'app', public"}) {
        INFO(path);
        Shape shape{"CREATE SCHEMA app; CREATE TABLE app.users (id int PRIMARY KEY, name text)"};
        shape.database.query(replaced(path, "{database}", shape.database.name()));
        const auto refused = shape.up();
        CHECK(refused.exit_code == 65);
        CHECK_THAT(refused.err, ContainsSubstring("the app's table is app.users"));
        CHECK(shape.database.query("SELECT to_regclass('public.users')").empty());
    }
    const Shape apart{"CREATE SCHEMA auth; CREATE TABLE auth.users (id int)"};
    const auto created = apart.up();
    CHECK(created.exit_code == 0);
    CHECK_THAT(created.err, ContainsSubstring("public.users is created empty, though auth.users"));
}

TEST_CASE("an ORM's own names are found out before empty tables and columns stand beside them") {
    const Shape tables{"CREATE TABLE \"User\" (id int); CREATE TABLE \"Attempt\" (id int)"};
    CHECK_THAT(tables.up({"--dry-run"}).err, ContainsSubstring("though public.\"User\" stands"));
    const Shape columns{std::string{users} + questions +
                        "CREATE TABLE attempts (id int, \"userId\" int, question_id int, "
                        "is_correct boolean, attempted_at timestamptz)"};
    const auto refused = columns.up();
    CHECK(refused.exit_code == 65);
    CHECK_THAT(refused.err, ContainsSubstring("has no column user_id, but \"userId\""));
    CHECK_THAT(refused.out, ContainsSubstring("RENAME COLUMN \"userId\" TO user_id;"));
    CHECK_THAT(refused.out, !ContainsSubstring("ADD COLUMN"));
}

TEST_CASE("what imports could not fill, and functions that would break, are told with the plan") {
    const Shape shape{plain_app +
                      "ALTER TABLE attempts ADD created_at timestamp NOT NULL;"
                      "CREATE FUNCTION latest() RETURNS SETOF attempts LANGUAGE sql AS 'SELECT * "
                      "FROM attempts'"};
    const auto plan = shape.up({"--dry-run"});
    CHECK(plan.exit_code == 0);
    CHECK_THAT(plan.err, ContainsSubstring("public.attempts: NOT NULL without a default: "
                                           "created_at"));
    CHECK_THAT(plan.err, ContainsSubstring("unless they select *: public.latest()"));
}

TEST_CASE("users who stand are not given this night as the time of their creation") {
    const Shape shape{plain_app + "INSERT INTO users VALUES (1, 'Ann')"};
    CHECK(shape.up().exit_code == 0);
    shape.database.query("INSERT INTO users VALUES (2, 'Ben')");
    CHECK(shape.database.query("SELECT array_agg(id) FROM users WHERE created_at IS NULL") ==
          "{1}");
}

TEST_CASE("a schema nightshift of somebody else's, or without its rights, is found first") {
    const Shape strangers{plain_app +
                          "CREATE SCHEMA nightshift; CREATE DOMAIN nightshift.user_id AS int"};
    const auto refused = strangers.up();
    CHECK(refused.exit_code == 78);
    CHECK_THAT(refused.err, ContainsSubstring("not ours: user_id"));
    CHECK(strangers.is_untouched());

    Shape half{plain_app};
    const auto role = "half_of_" + half.database.name();
    half.database.query("CREATE ROLE " + role + " LOGIN; CREATE SCHEMA nightshift; " +
                        "ALTER TABLE users OWNER TO " + role + "; ALTER TABLE questions OWNER TO " +
                        role + "; ALTER TABLE attempts OWNER TO " + role +
                        "; GRANT CREATE ON SCHEMA public TO " + role +
                        "; GRANT USAGE ON SCHEMA nightshift TO " + role);
    const auto as_role = program(
        {"migrate", "up"}, {{"DATABASE_URL", Postgres::shared().url(half.database.name(), role)}});
    CHECK(run(as_role).exit_code == 78);
    CHECK(half.is_untouched());
    half.database.query("GRANT CREATE ON SCHEMA nightshift TO " + role);
    const auto adopted = run(as_role);  // without CREATE on the database
    INFO(adopted.err);
    CHECK(adopted.exit_code == 0);
}

TEST_CASE("a default tablespace that is closed to us is found first") {
    Shape shape{plain_app};
    const TemporaryFolder folder;
    std::filesystem::permissions(folder.path(), std::filesystem::perms::all);
    const auto place = (folder.path() / "space").string();
    std::filesystem::create_directory(place);
    const auto data = shape.database.query("SHOW data_directory");
    REQUIRE(run({.command = {"chown", "--reference=" + data, place}}).exit_code == 0);
    const auto role = "spaced_" + shape.database.name();
    shape.database.query("CREATE ROLE " + role + " LOGIN; ALTER TABLE users OWNER TO " + role +
                         "; ALTER TABLE questions OWNER TO " + role +
                         "; ALTER TABLE attempts OWNER TO " + role +
                         "; GRANT CREATE ON SCHEMA public TO " + role +
                         "; GRANT CREATE ON DATABASE " + shape.database.name() + " TO " + role);
    shape.database.query("CREATE TABLESPACE " + role + " LOCATION '" + place + "'");
    shape.database.query("ALTER ROLE " + role + " SET default_tablespace = " + role);
    const auto refused =
        run(program({"migrate", "up"},
                    {{"DATABASE_URL", Postgres::shared().url(shape.database.name(), role)}}));
    CHECK(refused.exit_code == 78);
    CHECK_THAT(refused.out, ContainsSubstring("GRANT CREATE ON TABLESPACE"));
    CHECK(shape.is_untouched());
    shape.database.query("DROP TABLESPACE " + role);
}

TEST_CASE("row types are found however deep another table holds them") {
    for (const std::string wrapping :
         {"CREATE TYPE wrap AS (a attempts); CREATE TABLE audit (w wrap)",
          "CREATE DOMAIN wrap AS attempts; CREATE TABLE audit (w wrap[])"}) {
        INFO(wrapping);
        const Shape shape{plain_app + wrapping};
        const auto refused = shape.up();
        CHECK(refused.exit_code == 78);
        CHECK_THAT(refused.err, ContainsSubstring("is the type of another table's column"));
        CHECK(shape.is_untouched());
    }
}

TEST_CASE("event_ids that repeat behind a partial index are found first") {
    const Shape shape{plain_app +
                      "ALTER TABLE attempts ADD event_id text, ADD deleted_at timestamptz;"
                      "CREATE UNIQUE INDEX alive ON attempts (event_id) WHERE deleted_at IS NULL;"
                      "INSERT INTO attempts (event_id, deleted_at) VALUES ('e1', NULL), ('e1', "
                      "now())"};
    const auto refused = shape.up();
    CHECK(refused.exit_code == 65);
    CHECK_THAT(refused.err, ContainsSubstring("e1 stands 2 times"));
    CHECK(shape.is_untouched());
}

TEST_CASE("the SQL that is printed keeps the app's defaults, and dates in UTC") {
    const Shape shape{
        "CREATE TABLE users (id bigint PRIMARY KEY, name text, timezone char(20) NOT NULL DEFAULT "
        "'Africa/Banjul', last_activity_date date); INSERT INTO users VALUES (1, 'Ann', DEFAULT, "
        "'2026-03-10');" +
        std::string{questions} +
        "CREATE TABLE attempts (id serial PRIMARY KEY, user_id numeric(20,0), question_id int, "
        "is_correct smallint NOT NULL DEFAULT 1, skipped numeric(1,0) DEFAULT 0, attempted_at "
        "timestamptz); INSERT INTO attempts (user_id) VALUES (1)"};
    const auto refused = shape.up();
    CHECK(refused.exit_code == 65);
    const auto mended = shape.psql("SET timezone = 'Asia/Tokyo';\n" + refused.out);
    INFO(refused.out << mended.err);
    REQUIRE(mended.exit_code == 0);
    const auto adopted = shape.up();
    INFO(adopted.err);
    CHECK(adopted.exit_code == 0);
    shape.database.query("INSERT INTO attempts (user_id) VALUES (1); INSERT INTO users VALUES (2)");
    CHECK(shape.database.query("SELECT string_agg(format('%s %s', is_correct, skipped), ', ') FROM "
                               "attempts") == "t f, t f");
    CHECK(shape.database.query("SELECT string_agg(trim(timezone), ', ') FROM users") ==
          "Africa/Banjul, Africa/Banjul");
    CHECK(shape.database.query("SELECT last_activity_date AT TIME ZONE 'UTC' FROM users WHERE id = "
                               "1") == "2026-03-10 00:00:00");
}

TEST_CASE("each statement that is printed says how long it waits in front of the app") {
    const Shape shape{
        "CREATE TABLE users (id int, nick text);" + std::string{questions} +
        "CREATE TABLE attempts (id serial PRIMARY KEY, user_id int, question_id int, is_correct "
        "int, attempted_at timestamp)"};
    const auto sql = shape.up().out;
    INFO(sql);
    std::string last_set;
    std::istringstream lines{sql};
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("SET lock_timeout")) last_set = line;
        if (line.starts_with("ALTER")) CHECK_THAT(last_set, ContainsSubstring("'250ms'"));
        if (line.starts_with("CREATE")) CHECK_THAT(last_set, ContainsSubstring("= 0"));
    }
    CHECK(!last_set.empty());
}

TEST_CASE("a partition of somebody else's is found first") {
    Shape shape{
        "CREATE TABLE users (id int PRIMARY KEY, name text) PARTITION BY RANGE (id);"
        "CREATE TABLE users_1 PARTITION OF users FOR VALUES FROM (1) TO (1000);" +
        std::string{questions} + attempts};
    const auto role = "parts_of_" + shape.database.name();
    shape.database.query(
        "CREATE ROLE " + role + " LOGIN; ALTER TABLE users OWNER TO " + role +
        "; ALTER TABLE users_1 OWNER TO postgres; ALTER TABLE questions OWNER TO " + role +
        "; ALTER TABLE attempts OWNER TO " + role + "; GRANT CREATE ON SCHEMA public TO " + role +
        "; GRANT CREATE ON DATABASE " + shape.database.name() + " TO " + role);
    const auto refused =
        run(program({"migrate", "up"},
                    {{"DATABASE_URL", Postgres::shared().url(shape.database.name(), role)}}));
    INFO(refused.err);
    CHECK(refused.exit_code == 78);
    CHECK(shape.is_untouched());
    CHECK(shape.up().exit_code == 0);
}

TEST_CASE("an import fires triggers and defaults of the app's that name no schema") {
    const Shape shape{
        plain_app +
        "ALTER TABLE users ADD answered int DEFAULT 0;"
        "CREATE FUNCTION bump() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE users SET "
        "answered = answered + 1 WHERE id = new.user_id; RETURN new; END $$;"
        "CREATE TRIGGER bump AFTER INSERT ON attempts FOR EACH ROW EXECUTE FUNCTION bump();"
        "CREATE CONSTRAINT TRIGGER later AFTER INSERT ON attempts DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION bump()"};
    REQUIRE(shape.up().exit_code == 0);
    const auto imported = shape.import_for_user("7");
    INFO(imported.err);
    CHECK(imported.exit_code == 0);
    CHECK(shape.database.query("SELECT answered FROM users WHERE id = 7") == "2");
}

TEST_CASE("a sequence that belongs to no column is moved past imported users too") {
    const Shape shape{
        "CREATE SEQUENCE of_users; CREATE TABLE users (id bigint PRIMARY KEY DEFAULT "
        "nextval('of_users'), name text)"};
    REQUIRE(shape.up().exit_code == 0);
    REQUIRE(shape.import_for_user("1").exit_code == 0);
    shape.database.query("INSERT INTO users (name) VALUES ('next')");
    CHECK(shape.database.query("SELECT max(id) FROM users") == "2");
}

TEST_CASE("who has tables made as another role can import into them") {
    Shape shape{""};
    const auto owner = "owns_" + shape.database.name();
    const auto login = "o'login_" + shape.database.name();
    shape.database.query(
        "CREATE ROLE " + owner + "; CREATE ROLE \"" + login + "\" LOGIN NOINHERIT IN ROLE " +
        owner + "; GRANT CREATE ON SCHEMA public TO " + owner + "; GRANT CREATE ON DATABASE " +
        shape.database.name() + " TO \"" + login + "\"");
    const std::map<std::string, std::string> environment{
        {"DATABASE_URL",
         Postgres::shared().url(shape.database.name(), replaced(login, "'", "%27"))}};
    const auto made = run(program({"migrate", "up", "--role", owner}, environment));
    INFO(made.err);
    REQUIRE(made.exit_code == 0);
    const auto imported =
        run(program({"import-attempts", "-", "--create-users", "--create-questions"}, environment,
                    "user_id,question_id,is_correct,attempted_at\n5,1,1,2026-03-10T11:00:00Z\n"));
    INFO(imported.err);
    CHECK(imported.exit_code == 0);
}
