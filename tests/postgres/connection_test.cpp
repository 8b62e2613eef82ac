#include "postgres/connection.hpp"

#include "base/log.hpp"
#include "support/captured_stderr.hpp"
#include "support/catch.hpp"
#include "support/expect.hpp"
#include "support/servers.hpp"

#include <thread>

using namespace nightshift;
using namespace nightshift::test;
using postgres::Connection;
using Schema = Database::Schema;

namespace {

Error failure_to_connect(const std::string& url) {
    return error_of([&] {
        const Connection connection{url, {.command = "test", .stop = {}, .search_path = "public"}};
    });
}

std::string over_tcp(const std::string& login, const std::string& database) {
    return "postgresql://" + login + "@127.0.0.1:" + std::to_string(Postgres::shared().port()) +
           "/" + database;
}

std::string answer(Connection& connection, const std::string& sql) {
    return connection.transaction("asking", [&](auto& transaction) -> std::string {
        return postgres::exec(transaction, sql)[0][0].c_str();
    });
}

Error failure_of(Connection& connection, const std::string& sql) {
    return error_of([&] {
        connection.transaction("trying it out",
                               [&](auto& transaction) { postgres::exec(transaction, sql); });
    });
}

// True once some backend of the database sleeps.
bool sleeps(const Database& database) {
    return database.query(
               "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
               " AND datname = current_database()") == "1";
}

}  // namespace

TEST_CASE("a server that does not let us in is a matter of configuration") {
    const Database database{Schema::none};
    const auto role = "guest_of_" + database.name();
    database.query("CREATE ROLE " + role + " LOGIN PASSWORD 'right-password'");
    const auto tcp = [&](const std::string& password) {
        return over_tcp(role + ":" + password, database.name());
    };
    CHECK_NOTHROW(Connection(tcp("right-password"),
                             {.command = "test", .stop = {}, .search_path = "public"}));
    for (const auto& url : {tcp("wrong-password"), over_tcp(role, database.name()),
                            over_tcp("nobody:wrong-password", database.name()),
                            over_tcp(role + ":right-password", "no_such_database"),
                            Postgres::shared().url(database.name(), "no_such_role")}) {
        const auto error = failure_to_connect(url);
        INFO(url << "\n" << words_of(error));
        CHECK(error.failure == Failure::configuration);
        CHECK_FALSE(error.cause.empty());
        CHECK(words_of(error).find("-password") == std::string::npos);
    }
}

TEST_CASE("where nobody answers Postgres is unavailable, and the place is named") {
    const auto port = std::to_string(free_port());
    for (const auto& [url, place] : {
             std::pair{"postgresql://app:hush-hush@127.0.0.1:" + port + "/main",
                       "127.0.0.1:" + port + "/main"},
             {"host=127.0.0.1 port=" + port + " dbname=main password=hush-hush",
              "127.0.0.1:" + port + "/main"},
             {"postgresql://app:hush-hush@/main?host=/nonexistent", "/nonexistent"},
             {"postgresql://app:hush-hush@nowhere.invalid/main", "nowhere.invalid"},
         }) {
        const auto error = failure_to_connect(url);
        INFO(words_of(error));
        CHECK(error.failure == Failure::unavailable);
        CHECK_THAT(error.what(), ContainsSubstring(place));
        CHECK(words_of(error).find("hush-hush") == std::string::npos);
    }
}

TEST_CASE("a malformed url is a matter of configuration and never shown") {
    for (const std::string url :
         {"hush-hush", "mysql://app:hush-hush@db/main", "postgresql://app:hush-hush%zz@db/main",
          "postgresql://app:hush-hush@db/main?colour=hush-hush", "postgresql://app:hush-hush@[::1",
          "postgresql://app:hush@hush-hush@db/main", "postgresql://app:hush/hush-hush@db/main",
          "password=hush-hush colour=red", "password='hush-hush", "://hush-hush"}) {
        const auto error = failure_to_connect(url);
        INFO(url << "\n" << words_of(error));
        CHECK(error.failure == Failure::configuration);
        CHECK(words_of(error).find("hush-hush") == std::string::npos);
    }
}

TEST_CASE("SQLAlchemy's urls and libpq's keyword=value serve as well as libpq's urls") {
    const Database database{Schema::none};
    const auto rest = database.url().substr(std::string{"postgresql"}.size());
    for (const auto& url : {"postgresql+asyncpg" + rest, "postgresql+psycopg2" + rest,
                            "postgres" + rest, "postgres+psycopg" + rest}) {
        INFO(url);
        Connection connection{url, {.command = "test", .stop = {}, .search_path = "public"}};
        CHECK(answer(connection, "SELECT current_database()") == database.name());
    }
    const auto folder =
        rest.substr(rest.find("host=") + 5, rest.find('&') - rest.find("host=") - 5);
    Connection connection{"host=" + folder + " port=" + std::to_string(Postgres::shared().port()) +
                              " user=postgres dbname=" + database.name(),
                          {.command = "test", .stop = {}, .search_path = "public"}};
    CHECK(connection.where() ==
          folder + ":" + std::to_string(Postgres::shared().port()) + "/" + database.name());
}

TEST_CASE("a session is named after the command and has our defaults, which the url overrides") {
    const Database database{Schema::none};
    const auto options_of = [](const Connection& connection) {
        std::map<std::string, std::string> values;
        auto* options = PQconninfo(connection.raw());
        for (auto* each = options; each->keyword != nullptr; ++each) {
            if (each->val != nullptr) values[each->keyword] = each->val;
        }
        PQconninfoFree(options);
        return values;
    };
    Connection connection{database.url() + "&application_name=psql",
                          {.command = "check-streaks", .stop = {}, .search_path = "public"}};
    CHECK(answer(connection, "SHOW application_name") == "nightshift check-streaks");
    CHECK(answer(connection, "SHOW client_encoding") == "UTF8");
    CHECK(answer(connection, "SELECT pg_backend_pid()") == std::to_string(connection.process()));
    CHECK(options_of(connection)["connect_timeout"] == "10");
    CHECK(options_of(connection)["keepalives"] == "1");
    Connection other{database.url() + "&connect_timeout=3&keepalives=0&client_encoding=LATIN1",
                     {.command = "test", .stop = {}, .search_path = "public"}};
    CHECK(answer(other, "SHOW client_encoding") == "LATIN1");
    CHECK(options_of(other)["connect_timeout"] == "3");
    CHECK(options_of(other)["keepalives"] == "0");
}

TEST_CASE("a connection that died stays dead and never goes on in a new session") {
    const Database database{Schema::none};
    database.query("CREATE TABLE ran (x int)");
    const auto connection = database.connect();
    CHECK(answer(*connection, "SELECT 1") == "1");
    database.query("SELECT pg_terminate_backend(" + std::to_string(connection->process()) + ")");
    REQUIRE(eventually([&] {
        return database.query("SELECT count(*) FROM pg_stat_activity WHERE pid = " +
                              std::to_string(connection->process())) == "0";
    }));
    for (int i = 0; i < 3; ++i) {
        const auto error = failure_of(*connection, "INSERT INTO ran VALUES (1)");
        INFO(words_of(error));
        CHECK(error.failure == Failure::unavailable);
        CHECK_THAT(error.what(), ContainsSubstring(connection->where()));
        CHECK_THAT(error.what(), ContainsSubstring("trying it out"));
    }
    CHECK(database.query("SELECT count(*) FROM ran") == "0");
    CHECK(database.query("SELECT count(*) FROM pg_stat_activity WHERE application_name ="
                         " 'nightshift test' AND datname = current_database()") == "0");
}

TEST_CASE("a session killed in the middle of a statement is unavailable") {
    const Database database{Schema::none};
    const auto connection = database.connect();
    const std::jthread killer{[&] {
        eventually([&] { return sleeps(database); });
        database.query("SELECT pg_terminate_backend(" + std::to_string(connection->process()) +
                       ")");
    }};
    CHECK(failure_of(*connection, "SELECT pg_sleep(60)").failure == Failure::unavailable);
}

TEST_CASE("a requested stop cancels the statement that runs, and nothing starts after it") {
    const Database database{Schema::none};
    std::stop_source stop;
    const auto connection = database.connect(stop.get_token());
    {
        const std::jthread stopper{[&] {
            eventually([&] { return sleeps(database); });
            stop.request_stop();
        }};
        const auto error = failure_of(*connection, "SELECT pg_sleep(60)");
        CHECK(error.failure == Failure::interrupted);
        CHECK_THAT(error.what(), ContainsSubstring("trying it out"));
    }
    CHECK(failure_of(*connection, "SELECT 1").failure == Failure::interrupted);
}

TEST_CASE("cancel ends the statement that runs, from any thread, and the connection goes on") {
    const Database database{Schema::none};
    const auto connection = database.connect();
    {
        const std::jthread canceller{[&] {
            eventually([&] { return sleeps(database); });
            connection->cancel();
        }};
        CHECK_THAT(failure_of(*connection, "SELECT pg_sleep(60)").cause,
                   ContainsSubstring("57014"));
    }
    CHECK(answer(*connection, "SELECT 1") == "1");
}

TEST_CASE("no statement runs on beyond the deadline, and a shorter limit of the role's stays") {
    const Database database;
    const auto limit_with = [&](std::chrono::milliseconds left) {
        postgres::Connection connection{
            database.url(),
            postgres::ConnectOptions{.deadline = std::chrono::steady_clock::now() + left}};
        return connection.transaction("asking", [](auto& transaction) {
            return postgres::exec(transaction,
                                  "SELECT setting, pg_sleep(0.1) FROM pg_settings "
                                  "WHERE name = 'statement_timeout'")[0][0]
                .template as<int>();
        });
    };
    const auto an_hour = limit_with(std::chrono::hours{1});
    CHECK(an_hour > 3'500'000);
    CHECK(an_hour <= 3'601'000);  // a second more than we give ourselves
    CHECK_THAT(error_of([&] { limit_with(std::chrono::hours{-1}); }).cause,
               ContainsSubstring("statement timeout"));
    database.query("ALTER DATABASE " + database.name() + " SET statement_timeout = '7s'");
    CHECK(limit_with(std::chrono::hours{1}) == 7000);
    CHECK(database.connect()->transaction("asking", [](auto& transaction) {
        return std::string{postgres::exec(transaction, "SHOW statement_timeout")[0][0].c_str()};
    }) == "7s");
}
