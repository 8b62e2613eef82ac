#include "schema/adoption.hpp"

#include "schema/app.hpp"

#include <nlohmann/json.hpp>

using namespace nightshift;
using namespace nightshift::test;
using nlohmann::json;

namespace {

// Imported, ranked, published and read back, as on any other database.
void use(App& app, const std::string& user_id, const std::string& question_id, bool numeric,
         const std::string& user = "postgres") {
    const auto csv = "user_id,question_id,is_correct,attempted_at,event_id\n" + user_id + "," +
                     question_id + ",1,2026-03-10T11:00:00Z,e-1\n" + user_id + "," + question_id +
                     ",0,2026-03-10T11:30:00Z,\n";
    for (const int inserted : {2, 0}) {
        const auto imported = app.nightshift({"import-attempts", "-", "--json"}, user, csv);
        INFO(imported.err << imported.out);
        REQUIRE(imported.exit_code == 0);
        CHECK(json::parse(imported.out)["files"][0]["inserted"] == inserted);
    }
    const auto rebuilt = app.nightshift({"recompute-leaderboard", "--period", "weekly", "--as-of",
                                         "2026-03-10T12:00:00Z", "--json"},
                                        user);
    INFO(rebuilt.err);
    REQUIRE(rebuilt.exit_code == 0);
    const auto document = json::parse(rebuilt.out)["document"];
    std::string order;
    for (const auto& each : document["leaderboard"]) {
        CHECK(each["user_id"].is_number() == numeric);
        order += (order.empty() ? "" : ",") +
                 (numeric ? each["user_id"].dump() : each["user_id"].get<std::string>());
    }
    // Ids that tie are in the order of their type; text by its bytes, whatever the collation.
    const std::string type = numeric ? "user_id" : "user_id::text COLLATE \"C\"";
    CHECK(order == app.database.query(
                       "SELECT string_agg(user_id::text, ',' ORDER BY n DESC, c DESC, " + type +
                       ") FROM (SELECT user_id, count(*) AS n, count(*) FILTER (WHERE is_correct) "
                       "AS c FROM attempts WHERE skipped IS NOT TRUE AND attempted_at >= "
                       "'2026-03-03 12:00Z' AND attempted_at < '2026-03-10 12:00Z' GROUP BY 1) t"));
    const auto rank = app.nightshift({"leaderboard", "rank", user_id, "--json"}, user);
    INFO(rank.err);
    REQUIRE(rank.exit_code == 0);
    CHECK(json::parse(rank.out)["rank"] == 1);
    CHECK(json::parse(rank.out)["user_id"].is_number() == numeric);
    const auto status = app.nightshift({"migrate", "status", "--check"}, user);
    INFO(status.out << status.err);
    CHECK(status.exit_code == 0);
}

void adopt_beside(App& app, const std::string& insert) {
    Traffic traffic{app, insert};
    const auto adopted = app.migrate();
    INFO(adopted.err);
    CHECK(adopted.exit_code == 0);
    CHECK(traffic.stop() > 0);
    CHECK(app.content() == app.content_before);
    CHECK(app.invalid_indexes() == "0");
}

}  // namespace

TEST_CASE("a database of SQLAlchemy's is adopted once its times say which instant they are") {
    App app{"sqlalchemy.sql"};
    const auto refused = app.migrate();
    INFO(refused.err << refused.out);
    CHECK(refused.exit_code == 65);
    CHECK_THAT(refused.err, ContainsSubstring("public.attempts.attempted_at is a time without"));
    CHECK(app.database.query("SELECT to_regnamespace('nightshift')").empty());
    CHECK(app.database.query("SELECT count(*) FROM information_schema.columns WHERE table_schema = "
                             "'public' AND table_name = 'attempts'") == "6");
    const auto mended = app.psql("postgres", refused.out);
    INFO(mended.err);
    REQUIRE(mended.exit_code == 0);

    adopt_beside(app,
                 "INSERT INTO attempts (user_id, question_id, is_correct, attempted_at) "
                 "VALUES (1, 1, true, '2026-03-12 10:00:00')");
    CHECK(app.migrate().out == "the schema is up to date\n");
    use(app, "7", "3", true);
    const auto too_big = app.nightshift({"import-attempts", "-"}, "postgres",
                                        "user_id,question_id,is_correct,attempted_at\n"
                                        "3000000000,1,1,2026-03-10T11:00:00Z\n");
    CHECK(too_big.exit_code == 65);
    CHECK_THAT(too_big.err, ContainsSubstring("is no 32-bit integer"));
    CHECK(app.content() != "");
}

TEST_CASE("a database of uuids whose clients make every id is adopted while they write") {
    App app{"uuid.sql"};
    adopt_beside(app,
                 "INSERT INTO attempts VALUES (gen_random_uuid(), md5('u1')::uuid, "
                 "md5('q1')::uuid, true, false, '2026-03-12 10:00Z', 'phone')");
    const auto id = app.database.query("SELECT md5('u7')::uuid");
    use(app, id, app.database.query("SELECT md5('q3')::uuid"), false);
}

TEST_CASE("tables of another role are adopted when that role has run what was printed") {
    App app{"text_owned.sql"};
    app.database.query("GRANT CREATE ON DATABASE " + app.database.name() + " TO " + app.login +
                       "; GRANT CREATE ON SCHEMA public TO " + app.login);
    const auto refused = app.migrate({}, app.login);
    INFO(refused.err << refused.out);
    CHECK(refused.exit_code == 78);
    CHECK_THAT(refused.err,
               ContainsSubstring(", " + app.owner + ", may add what it lacks: columns"));
    CHECK(app.database.query("SELECT to_regnamespace('nightshift')").empty());

    Traffic traffic{app,
                    "INSERT INTO attempts VALUES ('att_' || gen_random_uuid(), 'usr_1', 'q_1',"
                    " true, NULL, '2026-03-12 10:00Z')"};
    const auto by_owner = app.psql(app.owner, refused.out);
    INFO(by_owner.err);
    REQUIRE(by_owner.exit_code == 0);
    const auto adopted = app.migrate({}, app.login);
    INFO(adopted.err << adopted.out);
    CHECK(adopted.exit_code == 0);
    CHECK(traffic.stop() > 0);
    CHECK(app.content() == app.content_before);
    use(app, "usr_7", "q_3", false, app.login);
}

TEST_CASE("with --role the tables of another role are changed as that role") {
    App app{"text_owned.sql"};
    app.database.query("GRANT CREATE ON DATABASE " + app.database.name() + " TO " + app.login +
                       "; GRANT SELECT, INSERT ON users, questions, attempts TO " + app.login);
    const auto stranger = app.migrate({"--role", app.owner}, app.login);
    CHECK(stranger.exit_code == 78);
    CHECK_THAT(stranger.err, ContainsSubstring("no member"));
    app.database.query("ALTER ROLE " + app.login + " NOINHERIT; GRANT " + app.owner + " TO " +
                       app.login);
    const auto adopted = app.migrate({"--role", app.owner}, app.login);
    INFO(adopted.err << adopted.out);
    CHECK(adopted.exit_code == 0);
    CHECK(app.database.query("SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname = "
                             "'nightshift_attempts_board'") == app.owner);
    CHECK(app.migrate({}, app.login).out == "the schema is up to date\n");
}

TEST_CASE("what cannot be adopted is named before the first change") {
    const std::string users = "CREATE TABLE users (id int PRIMARY KEY, name text);";
    const std::string questions = "CREATE TABLE questions (id int PRIMARY KEY);";
    const std::string attempts =
        "CREATE TABLE attempts (id int PRIMARY KEY, user_id int, question_id int, is_correct "
        "boolean, attempted_at timestamptz);";
    struct Example {
        std::string sql;
        int exit_code;
        std::string words;
    };
    for (const auto& [sql, exit_code, words] : std::vector<Example>{
             {"CREATE TABLE users (id int PRIMARY KEY);", 65, "public.users has no column name"},
             {"CREATE TABLE users (id int, name text);", 65, "public.users.id is not unique"},
             {users + questions +
                  "CREATE TABLE attempts (id int, user_id uuid, question_id int, is_correct "
                  "boolean, attempted_at timestamptz);",
              65, "public.attempts.user_id is uuid but public.users.id is bigint"},
             {users + questions + attempts + "ALTER TABLE attempts ADD skipped int;", 65,
              "public.attempts.skipped is integer and must be boolean"},
             {users + questions + attempts +
                  "ALTER TABLE attempts ADD event_id text; INSERT INTO attempts SELECT n, 1, 1, "
                  "true, now(), 'twice' FROM generate_series(1, 2) n",
              65, "same event_id: twice stands 2 times"},
             {users + questions +
                  "CREATE VIEW attempts AS SELECT 1 AS id, 1 AS user_id, 1 AS question_id, true AS "
                  "is_correct, now() AS attempted_at",
              78, "public.attempts is no table but a view"},
             {users + questions +
                  "CREATE TABLE attempts (id int, user_id int, question_id int, is_correct "
                  "boolean, attempted_at timestamptz) PARTITION BY RANGE (attempted_at)",
              78, "public.attempts is partitioned"},
             {users + questions + attempts + "CREATE TABLE nightshift_attempts_user (x int)", 78,
              "something else has the name public.nightshift_attempts_user"}}) {
        INFO(sql);
        const Database database{Database::Schema::none};
        database.query(sql);
        const auto columns = "SELECT count(*) FROM information_schema.columns";
        const auto before = database.query(columns);
        for (const std::string option : {"--quiet", "--dry-run"}) {
            const auto refused =
                run(program({"migrate", "up", option},
                            {{"DATABASE_URL", database.url()}, {"LOG_FORMAT", "plain"}}));
            INFO(refused.err << refused.out);
            CHECK(refused.exit_code == exit_code);
            CHECK_THAT(refused.err, ContainsSubstring(words));
        }
        CHECK(database.query(columns) == before);
        CHECK(database.query("SELECT to_regnamespace('nightshift')").empty());
    }
}

TEST_CASE("the ALTER that is printed for a missing or wrong column mends it") {
    const Database database{Database::Schema::none};
    database.query(
        "CREATE TABLE users (id uuid PRIMARY KEY DEFAULT gen_random_uuid());"
        "CREATE TABLE questions (id uuid PRIMARY KEY);"
        "CREATE TABLE attempts (id int PRIMARY KEY, user_id uuid, question_id uuid, skipped int);"
        "INSERT INTO users DEFAULT VALUES");
    const auto environment = std::map<std::string, std::string>{{"DATABASE_URL", database.url()}};
    const auto refused = run(program({"migrate", "up", "--json"}, environment));
    CHECK(refused.exit_code == 65);
    const auto document = json::parse(refused.out);
    CHECK(document["ok"] == false);
    CHECK(document["sql"].size() == 4);
    for (const auto& sql : document["sql"]) database.query(sql.get<std::string>());
    const auto adopted = run(program({"migrate", "up"}, environment));
    INFO(adopted.err);
    CHECK(adopted.exit_code == 0);
}

TEST_CASE("an index of the app's own that has the same shape serves") {
    App app{"uuid.sql"};
    app.database.query(
        "CREATE INDEX by_learner ON attempts (user_id, attempted_at);"
        "CREATE INDEX almost ON attempts (attempted_at) INCLUDE (user_id, is_correct) WHERE NOT "
        "skipped");
    REQUIRE(app.migrate().exit_code == 0);
    CHECK(app.database.query("SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class WHERE "
                             "relname LIKE 'nightshift_attempts%'") ==
          "nightshift_attempts_arrival,nightshift_attempts_board,nightshift_attempts_event");
}

TEST_CASE("the plan names each statement's lock and how long it may wait") {
    App app{"uuid.sql"};
    const auto plan = app.migrate({"--dry-run", "--json"});
    INFO(plan.err);
    REQUIRE(plan.exit_code == 0);
    int concurrently = 0;
    const auto document = json::parse(plan.out);
    for (const auto& each : document["app_tables"]) {
        const bool build = each["concurrently"];
        concurrently += build ? 1 : 0;
        const bool creates = each["lock"].is_null();
        CHECK(creates == each["sql"].get<std::string>().starts_with("CREATE TABLE"));
        if (creates) continue;
        CHECK(each["lock"] == (build ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE"));
        CHECK(each["waits_at_most_ms"] == (build ? 1'800'000 : 250));
    }
    CHECK(concurrently == 4);
    const auto text = app.migrate({"--dry-run"}).out;
    CHECK_THAT(text, ContainsSubstring("takes ACCESS EXCLUSIVE on public.attempts for a moment"));
    CHECK(app.database.query("SELECT count(*) FROM pg_class WHERE relname LIKE 'nightshift%'") ==
          "0");
    const auto by_hand = app.psql("postgres", text);
    INFO(by_hand.err);
    CHECK(by_hand.exit_code == 0);
    CHECK(app.invalid_indexes() == "0");
}
