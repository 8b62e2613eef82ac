// What postgres/connection.hpp promises of transactions, their errors and their values.
#include "base/log.hpp"
#include "postgres/connection.hpp"
#include "postgres/failure.hpp"
#include "support/captured_stderr.hpp"
#include "support/catch.hpp"
#include "support/expect.hpp"
#include "support/servers.hpp"

#include <thread>

using namespace nightshift;
using namespace nightshift::test;
using Schema = Database::Schema;

namespace {

void run_sql(postgres::Connection& connection, const std::string& sql) {
    connection.transaction("trying it out",
                           [&](auto& transaction) { postgres::exec(transaction, sql); });
}

std::string raising(const std::string& sqlstate) {
    return "DO $$ BEGIN RAISE EXCEPTION 'it was raised' USING ERRCODE = '" + sqlstate + "'; END $$";
}

}  // namespace

TEST_CASE("a transaction is committed when its body returns, and gives back what that returns") {
    const Database database{Schema::none};
    database.query("CREATE TABLE t (x int)");
    const auto connection = database.connect();
    const auto level = connection->transaction("test", [&](auto& transaction) -> std::string {
        postgres::exec(transaction, "INSERT INTO t VALUES (1)");
        CHECK(database.query("SELECT count(*) FROM t") == "0");
        return postgres::exec(transaction, "SHOW transaction_isolation")[0][0].c_str();
    });
    CHECK(level == "read committed");
    CHECK(database.query("SELECT count(*) FROM t") == "1");
}

TEST_CASE("an exception of the body's own undoes the transaction and comes out as it is") {
    const Database database{Schema::none};
    database.query("CREATE TABLE t (x int)");
    const auto connection = database.connect();
    const auto leave_with = [&](const auto& exception) {
        connection->transaction("test", [&](auto& transaction) {
            postgres::exec(transaction, "INSERT INTO t VALUES (1)");
            throw exception;
        });
    };
    CHECK_THROWS_AS(leave_with(std::domain_error{"mine"}), std::domain_error);
    CHECK_THROWS_AS(leave_with(42), int);
    CHECK(error_of([&] {
              leave_with(Error{Failure::refused, "mine"});
          }).failure == Failure::refused);
    CHECK(database.query("SELECT count(*) FROM t") == "0");
    run_sql(*connection, "INSERT INTO t VALUES (2)");
    CHECK(database.query("SELECT x FROM t") == "2");
}

TEST_CASE("in a snapshot every statement sees the same rows, and none writes") {
    const Database database{Schema::none};
    database.query("CREATE TABLE t (x int); INSERT INTO t VALUES (1)");
    const auto connection = database.connect();
    const auto count = [](auto& transaction) -> std::string {
        return postgres::exec(transaction, "SELECT count(*) FROM t")[0][0].c_str();
    };
    const auto seen = connection->snapshot("test", [&](auto& transaction) {
        const auto before = count(transaction);
        database.query("INSERT INTO t VALUES (2)");
        return before + count(transaction);
    });
    CHECK(seen == "11");
    CHECK(connection->transaction("test", count) == "2");
    const auto error = error_of([&] {
        connection->snapshot("test", [](auto& transaction) {
            postgres::exec(transaction, "INSERT INTO t VALUES (3)");
        });
    });
    CHECK_THAT(error.cause, ContainsSubstring("25006"));
}

TEST_CASE("an error of a statement has its kind, the server's words and SQLSTATE") {
    const Database database{Schema::none};
    const auto role = "reader_of_" + database.name();
    database.query("CREATE TABLE t (x int PRIMARY KEY); INSERT INTO t VALUES (1); CREATE ROLE " +
                   role + " LOGIN");
    postgres::Connection connection{Postgres::shared().url(database.name(), role),
                                    {.command = "test", .stop = {}, .search_path = "public"}};
    const auto owner = database.connect();
    struct Example {
        postgres::Connection& connection;
        std::string sql;
        Failure failure;
        std::string sqlstate;
        std::string words;
    };
    for (const auto& example : {
             Example{*owner, "INSERT INTO t VALUES (1)", Failure::data, "23505", "duplicate key"},
             {*owner, "INSERT INTO t VALUES (NULL)", Failure::data, "23502", "null value"},
             {*owner, "SELECT 'x'::int", Failure::data, "22P02", "invalid input syntax"},
             {*owner, "SELECT 1/0", Failure::data, "22012", "division by zero"},
             {connection, "SELECT * FROM t", Failure::configuration, "42501", "permission denied"},
             {*owner, "SELECT * FROM nowhere", Failure::configuration, "42P01", "does not exist"},
             {*owner, "SELECT nothing FROM t", Failure::configuration, "42703", "does not exist"},
             {*owner, "SELEC 1", Failure::internal, "42601", "syntax error"},
             {*owner, "SET LOCAL statement_timeout = 1; SELECT pg_sleep(9)", Failure::unavailable,
              "57014", "statement timeout"},
             {*owner, raising("40001"), Failure::busy, "40001", "it was raised"},
             {*owner, raising("40P01"), Failure::busy, "40P01", "it was raised"},
             {*owner, raising("55P03"), Failure::busy, "55P03", "it was raised"},
             {*owner, raising("53100"), Failure::unavailable, "53100", "it was raised"},
             {*owner, raising("25006"), Failure::configuration, "25006", "it was raised"},
             {*owner, raising("P0001"), Failure::data, "P0001", "it was raised"},
         }) {
        const auto error = error_of([&] {
            example.connection.transaction("trying it out", [&](postgres::Transaction& work) {
                work.exec(example.sql);  // without parameters: several statements at once
            });
        });
        INFO(example.sql << "\n" << words_of(error));
        CHECK(error.failure == example.failure);
        CHECK_THAT(error.what(), ContainsSubstring("trying it out"));
        CHECK_THAT(error.cause, ContainsSubstring(example.words));
        CHECK_THAT(error.cause, ContainsSubstring("SQLSTATE " + example.sqlstate));
        CHECK_FALSE(error.hint.empty());
        CHECK_NOTHROW(run_sql(example.connection, "SELECT 1"));
    }
}

TEST_CASE("what the database's settings forbid names the setting") {
    const auto error_under = [](const std::string& setting, const std::string& sql) {
        const Database database{Schema::none};
        database.query("ALTER DATABASE " + database.name() + " SET " + setting);
        return error_of([&] { run_sql(*database.connect(), sql); });
    };
    const auto read_only = error_under("default_transaction_read_only = on", "CREATE TABLE t ()");
    CHECK(read_only.failure == Failure::configuration);
    CHECK_THAT(read_only.hint, ContainsSubstring("default_transaction_read_only"));
    const auto timeout = error_under("statement_timeout = 10", "SELECT pg_sleep(9)");
    CHECK(timeout.failure == Failure::unavailable);
    CHECK_THAT(timeout.hint, ContainsSubstring("statement_timeout"));
}

TEST_CASE("no SQLSTATE is lost on its way through libpqxx") {
    const Database database{Schema::none};
    const auto connection = database.connect();
    for (const std::string sqlstate :
         {"0A000", "22003", "22023", "23001", "23503", "23514", "24000", "25P03",
          "26000", "28000", "34000", "3D000", "3F000", "40000", "42000", "42501",
          "42601", "42703", "42883", "42P01", "42P04", "53000", "53200", "54000",
          "55000", "57014", "57P03", "58030", "P0001", "P0002", "P0003", "XX000"}) {
        const auto error = error_of([&] { run_sql(*connection, raising(sqlstate)); });
        INFO(sqlstate << "\n" << words_of(error));
        CHECK_THAT(error.cause, ContainsSubstring("SQLSTATE " + sqlstate));
    }
}

TEST_CASE("an error of a statement names the place, host:port/database") {
    const Database database{Schema::none};
    const auto connection = database.connect();
    const auto error = error_of([&] { run_sql(*connection, "SELECT 1/0"); });
    CHECK_THAT(words_of(error), ContainsSubstring(connection->where()));
}

TEST_CASE("sqlstate tells the code of what libpqxx throws and nothing of other errors") {
    const Database database{Schema::none};
    const auto connection = database.connect();
    std::string seen;
    error_of([&] {
        connection->transaction("test", [&](auto& transaction) {
            try {
                postgres::exec(transaction, "SELECT 1/0");
            } catch (const std::exception& error) {
                seen = postgres::sqlstate(error);
                throw;
            }
        });
    });
    CHECK(seen == "22012");
    CHECK(postgres::sqlstate(std::runtime_error{"22012"}).empty());
}

TEST_CASE("the server's notices go to the debug log, not to stderr") {
    const Database database{Schema::none};
    const auto connection = database.connect();
    const CapturedStderr captured;
    run_sql(*connection, "DO $$ BEGIN RAISE WARNING 'look out'; RAISE NOTICE 'by the way'; END $$");
    run_sql(*connection, "DROP TABLE IF EXISTS nowhere");
    CHECK(captured.text().empty());

    log::configure({.level = log::Level::debug,
                    .format = log::Format::plain,
                    .command = {},
                    .run_id = {},
                    .filter = {}});
    run_sql(*connection, "DO $$ BEGIN RAISE NOTICE 'by the way'; END $$");
    log::configure({.level = log::Level::warning,
                    .format = log::Format::plain,
                    .command = {},
                    .run_id = {},
                    .filter = {}});
    CHECK_THAT(captured.text(), ContainsSubstring("by the way"));
}

TEST_CASE("parameters arrive as text of any kind, and NULL") {
    const Database database{Schema::none};
    const auto connection = database.connect();
    connection->transaction("test", [](auto& transaction) {
        for (const std::string value : {"", "plain", "it's \\ \"quoted\"", "$1", "NULL", "{a,b}",
                                        "tab\tline\n", "caf\u00E9 \U0001F642"}) {
            const auto rows =
                postgres::exec(transaction, "SELECT $1::text, $2::text IS NULL, $3::int + 1",
                               {value, std::nullopt, "41"});
            CHECK(rows[0][0].c_str() == value);
            CHECK(rows[0][1].template as<bool>());
            CHECK(rows[0][2].template as<int>() == 42);
        }
    });
}

TEST_CASE("an instant goes to Postgres and back unchanged, whatever the session's zone") {
    const Database database{Schema::none};
    database.query("ALTER DATABASE " + database.name() + " SET timezone = 'Asia/Kathmandu'");
    const auto connection = database.connect();
    connection->transaction("test", [](auto& transaction) {
        for (const auto* text :
             {"1970-01-01T00:00:00Z", "2026-11-21T23:00:00.000001Z", "2024-02-29T23:59:59.999999Z",
              "1969-12-31T23:59:59.5Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"}) {
            const auto instant = *parse_instant(text);
            const auto rows = postgres::exec(
                transaction,
                "SELECT (extract(epoch FROM $1::timestamptz) * 1000000)::bigint,"
                "       to_char($1::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS')",
                {postgres::parameter(instant)});
            INFO(text);
            CHECK(postgres::instant_column(rows[0][0]) == instant);
            CHECK(std::string{text}.starts_with(rows[0][1].c_str()));
        }
    });
}
