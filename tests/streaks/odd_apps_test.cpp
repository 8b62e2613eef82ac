// Apps whose tables are not as ours would be, and rows that cannot be meant.
#include "streaks/learners.hpp"
#include "support/catch.hpp"

using namespace nightshift;
using namespace nightshift::test;

namespace {

// An app's own tables, adopted; and passes by the binary.
struct App {
    Database database{Database::Schema::none};

    explicit App(const std::string& tables) {
        database.query(tables);
        command({"migrate", "up"});
    }
    void command(const std::vector<std::string>& words) const {
        const auto finished =
            run(program(words, {{"DATABASE_URL", database.url()}, {"LOG_FORMAT", "plain"}}));
        INFO(words.front() << ": " << finished.err);
        CHECK(finished.exit_code == 0);
    }
    void pass(const std::string& as_of) const { command({"check-streaks", "--as-of", as_of}); }
};

constexpr const char* attempts_table =
    "CREATE TABLE attempts (id bigserial PRIMARY KEY, user_id bigint, question_id bigint, "
    "is_correct boolean, attempted_at timestamptz);";

}  // namespace

TEST_CASE("partitioned users get each their own streak, and those who are deleted are forgotten") {
    const App app{std::string{attempts_table} +
                  "CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL) PARTITION BY "
                  "HASH (id);"
                  "CREATE TABLE u0 PARTITION OF users FOR VALUES WITH (MODULUS 2, REMAINDER 0);"
                  "CREATE TABLE u1 PARTITION OF users FOR VALUES WITH (MODULUS 2, REMAINDER 1)"};
    app.database.query("INSERT INTO users SELECT i, 'u' FROM generate_series(1, 200) i");
    app.pass("2026-11-18T00:00:00Z");
    app.database.query(
        "INSERT INTO attempts (user_id, question_id, is_correct, attempted_at) SELECT i, 1, true, "
        "'2026-11-18 10:00Z'::timestamptz - k * interval '1 day' FROM generate_series(1, 200) i, "
        "generate_series(0, i % 9) k");
    app.pass("2026-11-18T12:00:00Z");
    CHECK(app.database.query("SELECT count(*) FROM users WHERE study_streak <> id % 9 + 1") == "0");
    app.database.query("DELETE FROM users WHERE id = 7; SELECT pg_stat_force_next_flush()");
    app.pass("2026-11-18T12:00:00Z");
    CHECK(app.database.query("SELECT count(*) FROM nightshift.active_days WHERE user_id = 7") ==
          "0");
}

TEST_CASE("streaks are counted where the app keeps them in a bigint") {
    const App app{std::string{attempts_table} +
                  "CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL, study_streak "
                  "bigint NOT NULL DEFAULT 0); INSERT INTO users VALUES (1, 'a')"};
    app.pass("2026-10-17T12:00:00Z");
    for (int day = 18; day <= 28; day += 2) {
        app.database.query(
            "INSERT INTO attempts (user_id, question_id, is_correct, attempted_at) SELECT 1, 1, "
            "true, '2026-10-" +
            std::to_string(day) +
            " 10:00Z'::timestamptz - k * interval '1 day' FROM "
            "generate_series(0, 1) k");
        app.pass("2026-10-" + std::to_string(day) + "T12:00:00Z");
    }
    CHECK(app.database.query("SELECT study_streak FROM users") == "12");
    app.database.query(
        "INSERT INTO attempts (user_id, question_id, is_correct, attempted_at) "
        "SELECT 1, 1, true, ('2026-11-0' || k || ' 10:00Z')::timestamptz FROM "
        "generate_series(1, 5) k");
    app.pass("2026-11-05T12:00:00Z");
    CHECK(app.database.query("SELECT study_streak FROM users") == "5");
    app.database.query(
        "INSERT INTO attempts (user_id, question_id, is_correct, attempted_at) "
        "SELECT 1, 1, true, ('2026-10-' || k || ' 10:00Z')::timestamptz FROM "
        "generate_series(29, 31) k");
    app.pass("2026-11-05T13:00:00Z");
    CHECK(app.database.query("SELECT study_streak FROM users") == "20");
    app.pass("2026-11-07T13:00:00Z");
    CHECK(app.database.query("SELECT study_streak FROM users") == "0");
    app.command({"check-streaks", "--explain", "1"});
}

TEST_CASE("rows that cannot be meant stop nobody else's streak") {
    const App app{std::string{attempts_table} +
                  "CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL, timezone text, "
                  "study_streak integer, last_activity_date timestamptz);"
                  "INSERT INTO users (id, name, timezone) VALUES (1, 'a', 'UTC'), (2, 'b', "
                  "'Asia/Tokyo'), (3, 'c', 'America/New_York'), (4, 'd', 'UTC');"
                  "UPDATE users SET study_streak = 2147483647 WHERE id = 4"};
    app.command({"check-streaks", "--adopt", "keep", "--as-of", "2026-11-20T00:00:00Z"});
    app.database.query(
        "UPDATE users SET study_streak = 1, last_activity_date = '294276-12-31 23:59:59Z' WHERE id "
        "= 2;"
        "UPDATE users SET study_streak = 1, last_activity_date = '4714-11-24 00:00:00Z BC' WHERE "
        "id = 3;"
        "INSERT INTO attempts (user_id, question_id, is_correct, attempted_at) VALUES "
        "(1, 1, true, '2026-11-20 10:00Z'), (NULL, 1, true, '2026-12-20 10:00Z'), "
        "(NULL, 1, true, '2026-11-20 10:00Z'), (4, 1, true, '2026-11-20 10:00Z')");
    app.command({"check-streaks", "--explain", "2"});
    app.pass("2026-11-20T12:00:00Z");
    CHECK(app.database.query("SELECT string_agg(study_streak::text, ' ' ORDER BY id) FROM users "
                             "WHERE id < 4") == "1 0 0");
    app.command({"check-streaks", "--rebuild", "--as-of", "2026-11-20T13:00:00Z"});
}

TEST_CASE("users whose id has a collation of its own get their streaks") {
    for (const std::string collation : {"und-x-icu", "C", "POSIX"}) {
        INFO(collation);
        const App app{"CREATE TABLE users (id text COLLATE \"" + collation +
                      "\" PRIMARY KEY, name text NOT NULL);"
                      "CREATE TABLE attempts (id bigserial PRIMARY KEY, user_id text COLLATE \"" +
                      collation +
                      "\" REFERENCES users, question_id bigint, is_correct boolean, attempted_at "
                      "timestamptz); INSERT INTO users SELECT 'é' || i, 'u' FROM "
                      "generate_series(1, 20) i"};
        app.pass("2026-11-17T00:00:00Z");
        for (const std::string day : {"18", "19"}) {
            app.database.query(
                "INSERT INTO attempts (user_id, question_id, is_correct, "
                "attempted_at) SELECT id, 1, true, '2026-11-" +
                day + " 10:00Z' FROM users");
            app.pass("2026-11-" + day + "T12:00:00Z");
        }
        app.command({"check-streaks", "--explain", "é7"});
        app.command({"check-streaks", "--rebuild", "--as-of", "2026-11-19T12:00:00Z"});
        CHECK(app.database.query("SELECT count(*) FROM users WHERE study_streak = 2") == "20");
    }
}

TEST_CASE("rows that the app refuses to change are told, and keep nobody else from their streak") {
    const App app{std::string{attempts_table} +
                  "CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL, password text, "
                  "study_streak integer NOT NULL DEFAULT 0 CONSTRAINT modest CHECK (id % 100 <> 7 "
                  "OR study_streak < 2)); INSERT INTO users SELECT i, 'u', 'hunter2' FROM "
                  "generate_series(1, 1000) i"};
    const auto study = [&](const std::string& day) {
        app.database.query(
            "INSERT INTO attempts (user_id, question_id, is_correct, attempted_at) "
            "SELECT id, 1, true, '2026-11-" +
            day + " 10:00Z' FROM users");
    };
    app.pass("2026-11-17T00:00:00Z");
    study("18");
    app.pass("2026-11-18T12:00:00Z");
    study("19");
    for (const std::string hour : {"12", "13"}) {
        const auto refused =
            run(program({"check-streaks", "--json", "--as-of", "2026-11-19T" + hour + ":00:00Z"},
                        {{"DATABASE_URL", app.database.url()}, {"LOG_FORMAT", "plain"}}));
        INFO(refused.out << refused.err);
        CHECK(refused.exit_code == 2);
        CHECK(refused.out.find("\"refused\": 10,") != std::string::npos);
        CHECK(refused.err.find("user 7: ") != std::string::npos);
        CHECK(refused.err.find("\"modest\"") != std::string::npos);
        CHECK((refused.out + refused.err).find("hunter2") == std::string::npos);
        CHECK(app.database.query("SELECT count(*) FROM users WHERE study_streak = 2") == "990");
    }
    app.database.query("ALTER TABLE users DROP CONSTRAINT modest");
    app.pass("2026-11-19T14:00:00Z");
    CHECK(app.database.query("SELECT count(*) FROM users WHERE study_streak = 2") == "1000");
    CHECK(app.database.query("SELECT count(*) FROM nightshift.streak_events WHERE length = 2") ==
          "1000");
}

TEST_CASE("an app that refuses every streak is told so once, not user by user") {
    const App app{std::string{attempts_table} +
                  "CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL, study_streak "
                  "integer NOT NULL DEFAULT 0 CHECK (study_streak < 1)); INSERT INTO users SELECT "
                  "i, 'u' FROM generate_series(1, 300) i"};
    app.pass("2026-11-17T00:00:00Z");
    app.database.query(
        "INSERT INTO attempts (user_id, question_id, is_correct, attempted_at) "
        "SELECT id, 1, true, '2026-11-18 10:00Z' FROM users");
    const auto refused = run(program({"check-streaks", "--as-of", "2026-11-18T12:00:00Z"},
                                     {{"DATABASE_URL", app.database.url()}}));
    INFO(refused.err);
    CHECK(refused.exit_code == 65);
    CHECK(refused.err.find("users_study_streak_check") != std::string::npos);
}

TEST_CASE("the app's own trigger on users finds its tables as when the app writes") {
    const App app{std::string{attempts_table} +
                  "CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL); CREATE TABLE "
                  "audit (id bigint); INSERT INTO users VALUES (1, 'a'), (2, 'b');"
                  "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO "
                  "audit VALUES (NEW.id); RETURN NULL; END';"
                  "CREATE CONSTRAINT TRIGGER noted AFTER UPDATE ON users DEFERRABLE INITIALLY "
                  "DEFERRED FOR EACH ROW EXECUTE FUNCTION note()"};
    app.pass("2026-11-17T00:00:00Z");
    app.database.query(
        "INSERT INTO attempts (user_id, question_id, is_correct, attempted_at) "
        "VALUES (1, 1, true, '2026-11-18 10:00Z')");
    app.pass("2026-11-18T12:00:00Z");
    CHECK(app.database.query("SELECT string_agg(id::text, ' ') FROM audit") == "1");
}
