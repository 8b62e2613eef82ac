#include "postgres/lock.hpp"

#include "support/catch.hpp"
#include "support/expect.hpp"
#include "support/servers.hpp"

#include <future>
#include <limits>
#include <optional>
#include <thread>

using namespace nightshift;
using namespace nightshift::test;
using namespace std::chrono_literals;
using postgres::AdvisoryLock;
using Schema = Database::Schema;

namespace {

constexpr std::int64_t key = 7'700'000'000;  // more than 32 bits

std::unique_ptr<postgres::Connection> connect(const Database& database, const std::string& command,
                                              std::stop_token stop = {}) {
    return std::make_unique<postgres::Connection>(
        database.url(), postgres::ConnectOptions{
                            .command = command, .stop = std::move(stop), .search_path = "public"});
}

AdvisoryLock::Request request(std::int64_t of_key, std::chrono::milliseconds wait = 0ms) {
    return {.key = of_key, .name = "the harvest", .wait = wait, .stop = {}};
}

// True once the session of that command has asked for the lock in vain.
bool has_asked(const Database& database, const std::string& command) {
    return database.query(
               "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
               " AND application_name = 'nightshift " +
               command + "' AND query ILIKE 'rollback%'") == "1";
}

std::string sessions(const Database& database, const std::string& command) {
    return database.query(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name = 'nightshift " +
        command + "'");
}

}  // namespace

TEST_CASE("a lock that is free is had at once") {
    const Database database{Schema::none};
    const AdvisoryLock lock{connect(database, "first"), request(key)};
    CHECK_FALSE(lock.had_to_wait());
}

TEST_CASE("a lock that is held is busy, and the holder is named") {
    const Database database{Schema::none};
    for (const std::int64_t each :
         {std::int64_t{0}, std::int64_t{1}, std::int64_t{-1}, key, -key,
          std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
        INFO(each);
        auto connection = connect(database, "first");
        const auto process = std::to_string(connection->process());
        const AdvisoryLock lock{std::move(connection), request(each)};
        const auto error = error_of([&] {
            AdvisoryLock{connect(database, "second"), request(each)};
        });
        CHECK(error.failure == Failure::busy);
        CHECK_THAT(error.what(), ContainsSubstring("the harvest"));
        CHECK_THAT(error.cause, ContainsSubstring("backend " + process));
        CHECK_THAT(error.cause, ContainsSubstring("nightshift first"));
    }
}

TEST_CASE("locks of different keys and of different databases are different locks") {
    const Database database{Schema::none};
    const Database other{Schema::none};
    const AdvisoryLock lock{connect(database, "first"), request(key)};
    CHECK_NOTHROW(AdvisoryLock{connect(database, "second"), request(key + 1)});
    CHECK_NOTHROW(AdvisoryLock{connect(database, "second"), request(key - (1LL << 32))});
    CHECK_NOTHROW(AdvisoryLock{connect(other, "second"), request(key)});
}

TEST_CASE("who waits has the lock as soon as its holder is destroyed") {
    const Database database{Schema::none};
    std::optional<AdvisoryLock> first;
    first.emplace(connect(database, "first"), request(key));
    auto second = std::async(std::launch::async, [&] {
        return AdvisoryLock{connect(database, "second"), request(key, 60s)}.had_to_wait();
    });
    CHECK(eventually([&] { return has_asked(database, "second"); }));
    first.reset();
    CHECK(second.get());
    CHECK_NOTHROW(AdvisoryLock{connect(database, "third"), request(key)});
}

TEST_CASE("a holder that dies gives the lock back") {
    const Database database{Schema::none};
    auto connection = connect(database, "first");
    const auto process = std::to_string(connection->process());
    const AdvisoryLock dead{std::move(connection), request(key)};
    database.query("SELECT pg_terminate_backend(" + process + ")");
    CHECK_NOTHROW(AdvisoryLock{connect(database, "second"), request(key, 30s)});
}

TEST_CASE("a stop ends the wait for a lock") {
    const Database database{Schema::none};
    const AdvisoryLock lock{connect(database, "first"), request(key)};
    for (const bool of_connection : {false, true}) {
        INFO(of_connection);
        std::stop_source stop;
        const std::jthread stopper{[&] {
            eventually([&] { return has_asked(database, "second"); });
            stop.request_stop();
        }};
        const auto error = error_of([&] {
            auto waiting = request(key, 60s);
            waiting.stop = stop.get_token();
            AdvisoryLock{
                connect(database, "second", of_connection ? stop.get_token() : std::stop_token{}),
                waiting};
        });
        CHECK(error.failure == Failure::interrupted);
        CHECK_THAT(error.what(), ContainsSubstring("the harvest"));
    }
}

TEST_CASE("a session lost while waiting for a lock is unavailable") {
    const Database database{Schema::none};
    const AdvisoryLock lock{connect(database, "first"), request(key)};
    const std::jthread killer{[&] {
        eventually([&] { return has_asked(database, "second"); });
        database.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database()"
            "   AND application_name = 'nightshift second'");
    }};
    const auto error = error_of([&] {
        AdvisoryLock{connect(database, "second"), request(key, 60s)};
    });
    CHECK(error.failure == Failure::unavailable);
}

TEST_CASE("a held lock holds no snapshot and survives the timeout of idle transactions") {
    const Database database{Schema::none};
    database.query("ALTER DATABASE " + database.name() +
                   " SET idle_in_transaction_session_timeout = '50ms'");
    const AdvisoryLock lock{connect(database, "first"), request(key)};
    CHECK(database.query("SELECT state || ' ' || coalesce(backend_xmin::text, 'none')"
                         "  FROM pg_stat_activity WHERE datname = current_database()"
                         "   AND application_name = 'nightshift first'") ==
          "idle in transaction none");
    const auto control = connect(database, "control");  // idle for less long than the lock
    PQclear(PQexec(control->raw(), "BEGIN"));
    REQUIRE(eventually([&] { return sessions(database, "control") == "0"; }));
    CHECK(sessions(database, "first") == "1");
}

TEST_CASE("CREATE INDEX CONCURRENTLY waits neither for who holds a lock nor for who wants it") {
    const Database database{Schema::none};
    database.query("CREATE TABLE t (x int)");
    std::stop_source stop;
    const AdvisoryLock lock{connect(database, "first"), request(key)};
    const std::jthread waiter{[&] {
        try {
            auto waiting = request(key, 60s);
            waiting.stop = stop.get_token();
            const AdvisoryLock second{connect(database, "second"), waiting};
        } catch (const Error&) {  // stopped, as it should be
        }
    }};
    CHECK(eventually([&] { return has_asked(database, "second"); }));
    database.query("ALTER DATABASE " + database.name() + " SET statement_timeout = '10s'");
    CHECK_NOTHROW(database.query("CREATE INDEX CONCURRENTLY ON t (x)"));
    CHECK(database.query("SELECT indisvalid FROM pg_index WHERE indrelid = 't'::regclass") == "t");
    stop.request_stop();
}
