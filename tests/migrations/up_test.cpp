#include "migrations/up.hpp"

#include "base/error.hpp"
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
