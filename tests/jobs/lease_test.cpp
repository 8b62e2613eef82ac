#include "jobs/lease.hpp"

#include "jobs/harvest.hpp"
#include "support/captured_stderr.hpp"
#include "support/catch.hpp"
#include "support/expect.hpp"
#include "support/servers.hpp"

#include <array>
#include <future>
#include <latch>
#include <optional>
#include <set>

#include <sys/wait.h>
#include <unistd.h>

using namespace nightshift;
using namespace nightshift::test;
using namespace std::chrono_literals;
using jobs::Lease;
using jobs::LeaseRequest;

namespace {

std::string this_host() {
    std::array<char, 256> name{};
    ::gethostname(name.data(), name.size() - 1);
    return name.data();
}

// Of a process that was here a moment ago.
std::string dead_pid() {
    Background process{{.command = {"true"}}};
    process.wait();
    return std::to_string(process.pid());
}

// Held by RUN-OLD for ten years, in this process's own PID namespace unless changed says more.
void insert_lease(const Database& database, const std::string& pid,
                  const std::string& changed = "") {
    { const Lease ours{database.connect(), request("RUN-OLD")}; }
    database.query("UPDATE nightshift.job_leases SET fence = 7, pid = " + pid + changed +
                   ", expires_at = now() + interval '10 years'");
}

// True once the session has looked at the lease and found it taken.
bool has_asked(const Database& database, int process) {
    return database.query("SELECT state || query FROM pg_stat_activity WHERE pid = " +
                          std::to_string(process)) == "idleCOMMIT";
}

}  // namespace

TEST_CASE("a lease that is held is busy, and run, host and pid of the holder are named") {
    const Database database;
    const Lease first{database.connect(), request("RUN-1")};
    const auto error = error_of([&] { const Lease second{database.connect(), request("RUN-2")}; });
    CHECK(error.failure == Failure::busy);
    CHECK_THAT(error.what(), ContainsSubstring("harvest/weekly"));
    CHECK_THAT(error.cause, ContainsSubstring("RUN-1"));
    CHECK_THAT(error.cause, ContainsSubstring(this_host()));
    CHECK_THAT(error.cause, ContainsSubstring("pid " + std::to_string(::getpid())));
    CHECK_THAT(error.hint, ContainsSubstring("20 s"));
    CHECK_NOTHROW(first.check());
    CHECK_NOTHROW(confirm(database, first));
}

TEST_CASE("leases of different jobs do not touch one another") {
    const Database database;
    const Lease first{database.connect(), request("RUN-1")};
    auto other = request("RUN-2");
    other.job = "harvest/daily";
    const Lease second{database.connect(), other};
    CHECK(second.fence() == 1);
}

TEST_CASE("a lease is given back on destruction, and the fence grows with each holder") {
    const Database database;
    for (std::int64_t fence = 1; fence <= 4; ++fence) {
        const Lease lease{database.connect(), request("RUN-" + std::to_string(fence))};
        CHECK(lease.fence() == fence);
    }
    CHECK(fence_in(database) == "4");
    CHECK(database.query("SELECT expires_at <= clock_timestamp() FROM nightshift.job_leases") ==
          "t");
}

TEST_CASE("who waits has the lease when its holder gives it back") {
    const Database database;
    std::optional<Lease> first;
    first.emplace(database.connect(), request("RUN-1"));
    auto connection = database.connect();
    const auto process = connection->process();
    auto second = std::async(std::launch::async, [&] {
        return Lease{std::move(connection), request("RUN-2", 60s)}.fence();
    });
    CHECK(eventually([&] { return has_asked(database, process); }));
    first.reset();
    CHECK(second.get() == 2);
}

TEST_CASE("of many that want a lease at once each has it alone, with a fence of its own") {
    const Database database;
    std::atomic<int> inside = 0;
    std::atomic<bool> met = false;
    std::vector<std::future<std::int64_t>> runs;
    for (int i = 0; i < 5; ++i) {
        runs.push_back(std::async(std::launch::async, [&, i] {
            const Lease lease{database.connect(), request("RUN-" + std::to_string(i), 60s)};
            if (++inside != 1) met = true;
            std::this_thread::sleep_for(50ms);
            --inside;
            return lease.fence();
        }));
    }
    std::set<std::int64_t> fences;
    for (auto& each : runs) fences.insert(each.get());
    CHECK_FALSE(met);
    CHECK(fences == std::set<std::int64_t>{1, 2, 3, 4, 5});
}

TEST_CASE("of two that take a job's first lease at the same moment neither fails but as busy") {
    const Database database;
    const auto take = [](std::unique_ptr<postgres::Connection> connection, LeaseRequest wanted,
                         std::latch& both) {
        both.arrive_and_wait();
        try {
            return std::to_string(Lease{std::move(connection), wanted}.fence());
        } catch (const Error& error) {
            return error.failure == Failure::busy ? "busy" : words_of(error);
        }
    };
    for (int i = 0; i < 100; ++i) {
        auto wanted = request("RUN");
        wanted.job = "harvest/" + std::to_string(i);
        std::latch both{2};
        auto first =
            std::async(std::launch::async, take, database.connect(), wanted, std::ref(both));
        auto second =
            std::async(std::launch::async, take, database.connect(), wanted, std::ref(both));
        const std::set<std::string> ends{first.get(), second.get()};
        INFO(*ends.begin() << " / " << *ends.rbegin());
        CHECK((ends == std::set<std::string>{"1", "busy"} ||
               ends == std::set<std::string>{"1", "2"}));
    }
}

TEST_CASE("a stop ends the wait for a lease") {
    const Database database;
    const Lease first{database.connect(), request("RUN-1")};
    for (const bool on_connection : {false, true}) {
        INFO(on_connection);
        std::stop_source stop;
        const auto token = on_connection ? std::stop_token{} : stop.get_token();
        auto connection = database.connect(on_connection ? stop.get_token() : std::stop_token{});
        const auto process = connection->process();
        const std::jthread stopper{[&] {
            eventually([&] { return has_asked(database, process); });
            stop.request_stop();
        }};
        const auto error = error_of([&] {
            const Lease second{std::move(connection), request("RUN-2", 60s), token};
        });
        CHECK(error.failure == Failure::interrupted);
    }
    CHECK(fence_in(database) == "1");
}

TEST_CASE("a lease that ran out is taken over and the fence grows") {
    const Database database;
    auto paused = request("RUN-1");
    paused.duration = 1s;
    paused.heartbeat = 3600s;
    const Lease first{database.connect(), paused};
    const Lease second{database.connect(), request("RUN-2", 60s)};
    CHECK(second.fence() == first.fence() + 1);
    CHECK(database.query("SELECT run_id FROM nightshift.job_leases") == "RUN-2");
}

TEST_CASE("a lease of a process of this host that is gone is taken over at once") {
    const Database database;
    insert_lease(database, dead_pid());
    const Lease lease{database.connect(), request("RUN-NEW")};
    CHECK(lease.fence() == 8);
    CHECK_NOTHROW(confirm(database, lease));
}

TEST_CASE("a lease of a live process is busy") {
    for (const auto& pid : {std::to_string(::getpid()), std::string{"1"}}) {
        INFO(pid);
        const Database database;
        insert_lease(database, pid);
        const auto error = error_of([&] {
            const Lease lease{database.connect(), request("RUN-NEW")};
        });
        CHECK(error.failure == Failure::busy);
        CHECK_THAT(error.cause,
                   ContainsSubstring("RUN-OLD on " + this_host() + " (pid " + pid + ")"));
        CHECK(fence_in(database) == "7");
    }
}

TEST_CASE("a lease of another host, kernel or PID namespace is busy though its pid is none here") {
    for (const std::string changed :
         {", host = 'far', pid_scope = 'b7e1c9f0-0000-4000-8000-000000000001 pid:[4026531836]'",
          ", pid_scope = split_part(pid_scope, ' ', 1) || ' pid:[1]'", ", pid_scope = ''"}) {
        INFO(changed);
        const Database database;
        insert_lease(database, dead_pid(), changed);
        const auto error = error_of([&] {
            const Lease lease{database.connect(), request("RUN-NEW")};
        });
        CHECK(error.failure == Failure::busy);
        CHECK(fence_in(database) == "7");
    }
}

TEST_CASE("a lease that cannot be given back is no error and ends by itself") {
    const Database database;
    const CapturedStderr captured;
    {
        auto connection = database.connect();
        const auto process = std::to_string(connection->process());
        const Lease first{std::move(connection), request("RUN-1")};
        database.query("SELECT pg_terminate_backend(" + process + ")");
    }
    CHECK_THAT(captured.text(), ContainsSubstring("harvest/weekly"));
    let_run_out(database);
    CHECK(Lease{database.connect(), request("RUN-2")}.fence() == 2);
}

TEST_CASE("a holder that is a zombie, killed and not yet waited for, is taken over at once") {
    const Database database;
    const auto zombie = ::fork();
    if (zombie == 0) ::_exit(0);
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(zombie), &info, WEXITED | WNOWAIT);
    insert_lease(database, std::to_string(zombie));
    const Lease lease{database.connect(), {.job = "harvest/weekly", .run_id = "RUN-1"}};
    CHECK(lease.fence() == 8);
    ::waitpid(zombie, nullptr, 0);
}
