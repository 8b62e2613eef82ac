// What jobs/lease.hpp promises of the fence: confirm(), heartbeats and takeovers.
#include "jobs/harvest.hpp"
#include "jobs/lease.hpp"
#include "support/catch.hpp"
#include "support/expect.hpp"
#include "support/servers.hpp"

#include <future>
#include <optional>

using namespace nightshift;
using namespace nightshift::test;
using namespace std::chrono_literals;
using jobs::Lease;
using jobs::LeaseRequest;

TEST_CASE("who lost the lease can confirm nothing and does not give back the new holder's") {
    const Database database;
    std::optional<Lease> first;
    first.emplace(database.connect(), request("RUN-1"));
    CHECK_NOTHROW(confirm(database, *first));
    let_run_out(database);
    const Lease second{database.connect(), request("RUN-2")};
    const auto error = error_of([&] { confirm(database, *first); });
    CHECK(error.failure == Failure::busy);
    CHECK_THAT(error.what(), ContainsSubstring("harvest/weekly"));
    CHECK_NOTHROW(confirm(database, second));
    first.reset();
    CHECK(error_of([&] {
              const Lease third{database.connect(), request("RUN-3")};
          }).failure == Failure::busy);
    CHECK_NOTHROW(confirm(database, second));
}

TEST_CASE("a snapshot from before the takeover does not hide it from confirm") {
    const Database database;
    const Lease first{database.connect(), request("RUN-1")};
    std::optional<Lease> second;
    const auto error = error_of([&] {
        database.connect()->transaction("writing", [&](postgres::Transaction& work) {
            work.exec("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
            work.exec("SELECT count(*) FROM nightshift.job_leases");
            let_run_out(database);
            second.emplace(database.connect(), request("RUN-2"));
            first.confirm(work);
        });
    });
    CHECK(error.failure == Failure::busy);
}

TEST_CASE("a heartbeat renews the lease, and check tells once it found another holder") {
    const Database database;
    auto lively = request("RUN-1");
    lively.duration = 2s;
    lively.heartbeat = 1s;
    const Lease first{database.connect(), lively};
    const auto renewed =
        "SELECT expires_at >= acquired_at + interval '2.5 seconds'"
        "  FROM nightshift.job_leases";
    CHECK(eventually([&] { return database.query(renewed) == "t"; }));
    CHECK_NOTHROW(first.check());
    CHECK(fence_in(database) == "1");
    database.query("UPDATE nightshift.job_leases SET fence = 2, run_id = 'RUN-2'");
    std::optional<Error> lost;
    CHECK(eventually([&] {
        try {
            first.check();
        } catch (const Error& error) {
            lost = error;
        }
        return lost.has_value();
    }));
    CHECK(lost->failure == Failure::busy);
}

TEST_CASE("a heartbeat does not wait for a transaction that has confirmed") {
    const Database database;
    auto lively = request("RUN-1");
    lively.duration = 20s;
    lively.heartbeat = 1s;
    const Lease lease{database.connect(), lively};
    database.connect()->transaction("writing", [&](auto& work) {
        lease.confirm(work);
        const auto beat = "SELECT heartbeat_at FROM nightshift.job_leases";
        const auto before = database.query(beat);
        CHECK(eventually([&] { return database.query(beat) != before; }));
    });
}

TEST_CASE("a takeover waits for a transaction that has confirmed, and goes on after it") {
    const Database database;
    const Lease first{database.connect(), request("RUN-1")};
    auto connection = database.connect();
    const auto waits_for_a_row = "SELECT wait_event_type FROM pg_stat_activity WHERE pid = " +
                                 std::to_string(connection->process());
    std::future<std::int64_t> takeover;
    database.connect()->transaction("writing", [&](auto& work) {
        first.confirm(work);
        let_run_out(database);
        takeover = std::async(std::launch::async, [&] {
            return Lease{std::move(connection), request("RUN-2", 60s)}.fence();
        });
        CHECK(eventually([&] { return database.query(waits_for_a_row) == "Lock"; }));
        CHECK(fence_in(database) == "1");
        CHECK_NOTHROW(first.confirm(work));
    });
    CHECK(takeover.get() == 2);
    CHECK(error_of([&] { confirm(database, first); }).failure == Failure::busy);
}

TEST_CASE("a lease of a live holder is busy at once, though a transaction has confirmed it") {
    const Database database;
    const Lease first{database.connect(), request("RUN-1")};
    database.query("ALTER DATABASE " + database.name() + " SET lock_timeout = '2s'");
    database.connect()->transaction("writing", [&](auto& work) {
        first.confirm(work);
        const auto error = error_of([&] {
            const Lease second{database.connect(), request("RUN-2")};
        });
        INFO(words_of(error));
        CHECK(error.failure == Failure::busy);
        CHECK_THAT(error.cause, ContainsSubstring("RUN-1"));
    });
}

TEST_CASE("a holder that stands still after it confirmed does not block a takeover for ever") {
    const Database database;
    const auto writer = database.connect();
    const auto failure = error_of([&] {
        const Lease paused{database.connect(),
                           {.job = "harvest", .run_id = "RUN-1", .duration = 1s, .heartbeat = 60s}};
        writer->transaction("writing", [&](auto& transaction) {
            paused.confirm(transaction);
            const Lease next{database.connect(),
                             {.job = "harvest", .run_id = "RUN-2", .wait = 20s}};
            CHECK(next.fence() == paused.fence() + 1);
        });
    });
    CHECK(failure.failure == Failure::unavailable);  // the server ended its session
}
