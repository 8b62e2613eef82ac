// The rebuild as a process: stopped, paused, killed, two at once, servers gone.
#include "leaderboard/scene.hpp"
#include "support/catch.hpp"

#include <fstream>
#include <random>
#include <thread>

#include <signal.h>

using namespace nightshift;
using namespace nightshift::test;
using namespace std::chrono_literals;

namespace {

const std::vector<std::string> rebuild_command{"recompute-leaderboard", "--period", "weekly",
                                               "--as-of", noon};

// Where all is loaded and the board's row is to be written.
constexpr const char* before_the_swap = "nightshift.boards IN EXCLUSIVE MODE";

// Holds every rebuild in the middle: its fence is registered, its ranking waits for the table.
struct Barrier {
    explicit Barrier(const Scene& scene,
                     const std::string& what = "attempts IN ACCESS EXCLUSIVE MODE")
        : connection{scene.database.url()}, transaction{std::make_unique<pqxx::work>(connection)} {
        transaction->exec("LOCK TABLE " + what);
    }
    void open() { transaction.reset(); }

    pqxx::connection connection;
    std::unique_ptr<pqxx::work> transaction;
};

void wait_for(const Scene& scene, const std::string& sql) {
    const auto give_up = std::chrono::steady_clock::now() + 20s;
    while (scene.database.query(sql) != "t") {
        if (std::chrono::steady_clock::now() > give_up) FAIL("never true: " << sql);
        std::this_thread::sleep_for(10ms);
    }
}

constexpr const char* rebuild_waits =
    "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    " AND application_name = 'nightshift recompute-leaderboard'";

constexpr const char* lease_is_free =
    "SELECT expires_at <= clock_timestamp() FROM nightshift.job_leases";

Background begin(const Scene& scene, const std::string& log = "/dev/null") {
    return Background{program(rebuild_command, scene.environment()), log};
}

std::string content(const std::string& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace

TEST_CASE("of two rebuilds at once the second is told who holds the board") {
    const Scene scene;
    scene.add_users(20);
    Barrier barrier{scene};
    auto first = begin(scene);
    wait_for(scene, rebuild_waits);
    const auto second = scene.nightshift(rebuild_command);
    CHECK(second.exit_code == 75);
    CHECK_THAT(second.err, ContainsSubstring("pid " + std::to_string(first.pid())));
    CHECK_THAT(second.err, ContainsSubstring("--lock-wait"));
    barrier.open();
    CHECK(first.wait() == 0);
    CHECK(scene.ranks().size() == 20);
}

TEST_CASE("with --lock-wait the second rebuild takes its turn") {
    const Scene scene;
    scene.add_users(20);
    Barrier barrier{scene};
    auto first = begin(scene);
    wait_for(scene, rebuild_waits);
    auto patient = rebuild_command;
    patient.insert(patient.end(), {"--lock-wait", "60"});
    Background second{program(patient, scene.environment())};
    barrier.open();
    CHECK(first.wait() == 0);
    CHECK(second.wait() == 0);
}

TEST_CASE("SIGINT and SIGTERM end a rebuild with 130 and 143 and leave nothing behind") {
    const Scene scene;
    scene.add_users(20);
    for (const auto& [signal, code] : {std::pair{SIGINT, 130}, {SIGTERM, 143}}) {
        const TemporaryFolder folder;
        const auto log = folder.path() / "log";
        const Barrier barrier{scene};
        auto stopped = begin(scene, log);
        wait_for(scene, rebuild_waits);
        stopped.signal(signal);
        CHECK(stopped.wait() == code);
        CHECK_THAT(content(log), ContainsSubstring("stopped while ranking the weekly board"));
        CHECK(scene.document().empty());
        CHECK(scene.staging_keys() == 0);
        CHECK(scene.database.query(lease_is_free) == "t");
    }
}

TEST_CASE("a signal that comes twice at once, as timeout sends it, is one wish to stop") {
    const Scene scene;
    scene.add_users(20);
    const Barrier barrier{scene};
    auto stopped = begin(scene);
    wait_for(scene, rebuild_waits);
    stopped.signal(SIGTERM);
    std::this_thread::sleep_for(10ms);
    stopped.signal(SIGTERM);
    CHECK(stopped.wait() == 143);
    CHECK(scene.database.query(lease_is_free) == "t");
}

TEST_CASE("a rebuild that was paused past its lease writes nothing when it goes on") {
    const Scene scene;
    scene.add_users(20);
    const TemporaryFolder folder;
    const auto log = folder.path() / "log";
    Barrier barrier{scene};
    auto paused = begin(scene, log);
    wait_for(scene, rebuild_waits);
    paused.signal(SIGSTOP);
    scene.database.query("UPDATE nightshift.job_leases SET expires_at = clock_timestamp()");
    barrier.open();
    scene.add_users(30);
    REQUIRE(scene.nightshift(rebuild_command).exit_code == 0);
    const auto published = scene.document();
    const auto written = scene.database.rows("SELECT * FROM nightshift.boards");
    paused.signal(SIGCONT);
    CHECK(paused.wait() == 75);
    CHECK(scene.document() == published);
    CHECK(scene.ranks().size() == 30);
    CHECK(scene.database.rows("SELECT * FROM nightshift.boards") == written);
}

TEST_CASE("a rebuild that was paused right before the swap blocks no takeover, and swaps nothing") {
    const Scene scene;
    scene.add_users(20);
    REQUIRE(scene.nightshift(rebuild_command).exit_code ==
            0);  // so that the row of the board stands
    Barrier barrier{scene, before_the_swap};
    auto paused = begin(scene);
    wait_for(scene,
             "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND "
             "query LIKE '%INSERT INTO nightshift.boards%'");
    paused.signal(SIGSTOP);
    barrier.open();  // its session writes the row and stands idle in its transaction
    scene.database.query("UPDATE nightshift.job_leases SET expires_at = clock_timestamp()");
    scene.add_users(30);
    REQUIRE(scene.nightshift(rebuild_command).exit_code == 0);
    const auto published = scene.document();
    const auto written = scene.database.rows("SELECT * FROM nightshift.boards");
    paused.signal(SIGCONT);
    const auto code = paused.wait();
    CHECK((code == 69 || code == 75));  // the server has ended its transaction
    CHECK(scene.document() == published);
    CHECK(scene.ranks().size() == 30);
    CHECK(scene.database.rows("SELECT * FROM nightshift.boards") == written);
}

TEST_CASE("a rebuild that was paused before its commit leaves the board to who took over") {
    const Scene scene;
    scene.add_users(20);
    REQUIRE(scene.nightshift(rebuild_command).exit_code == 0);
    Barrier barrier{scene, before_the_swap};
    auto paused = begin(scene);
    wait_for(scene,
             "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND "
             "query LIKE '%INSERT INTO nightshift.boards%'");
    const auto redis = scene.redis.connect();
    redis->command({"CLIENT", "PAUSE", "60000", "WRITE"});  // the swap waits for its reply
    barrier.open();
    wait_for(scene,
             "SELECT count(*) > 0 FROM pg_stat_activity WHERE state = 'idle in transaction' "
             "AND query LIKE '%FOR KEY SHARE%'");
    paused.signal(SIGSTOP);
    redis->command({"CLIENT", "UNPAUSE"});  // swapped, while its lease could not be taken
    scene.database.query("UPDATE nightshift.job_leases SET expires_at = clock_timestamp()");
    scene.add_users(30);
    REQUIRE(scene.nightshift(rebuild_command).exit_code == 0);
    const auto published = scene.document();
    const auto written = scene.database.rows("SELECT * FROM nightshift.boards");
    paused.signal(SIGCONT);
    CHECK(paused.wait() == 69);  // its commit failed
    CHECK(scene.document() == published);
    CHECK(scene.ranks().size() == 30);
    CHECK(scene.database.rows("SELECT * FROM nightshift.boards") == written);
    CHECK(scene.database.query("SELECT string_agg(state, ' ' ORDER BY fence) FROM "
                               "nightshift.job_runs") == "succeeded abandoned succeeded");
}

TEST_CASE("after kill -9 at any moment the board is whole, and the next rebuild need not wait") {
    const Scene scene;
    scene.add_users(3000);
    scene.rebuild("2026-03-10T11:30:00Z");
    const auto before = scene.document();
    std::mt19937 random{20261122};
    for (int round = 0; round < 50; ++round) {
        const auto delay = std::uniform_int_distribution{0, 90}(random);
        INFO("killed after " << delay << " ms");
        auto killed = begin(scene);
        std::this_thread::sleep_for(std::chrono::milliseconds{delay});
        killed.signal(SIGKILL);
        killed.wait();
        const auto after = scene.document();
        CHECK((after == before || after.find(noon) != std::string::npos));
        CHECK(scene.ranks().size() == 3000);
    }
    const auto again = scene.nightshift(rebuild_command);
    INFO(again.err);
    CHECK(again.exit_code == 0);
    CHECK_THAT(scene.document(), ContainsSubstring(noon));
}

TEST_CASE("a Redis that lost its memory while the board was ranked gets it again") {
    const Scene scene;
    scene.add_users(20);
    Barrier barrier{scene};
    auto running = begin(scene);
    wait_for(scene, rebuild_waits);
    scene.redis.connect()->command({"FLUSHALL"});
    barrier.open();
    CHECK(running.wait() == 0);
    CHECK(scene.ranks().size() == 20);
}

TEST_CASE("Postgres that ends the connection in the middle is said so, and nothing is published") {
    const Scene scene;
    scene.add_users(20);
    const TemporaryFolder folder;
    const auto log = folder.path() / "log";
    Barrier barrier{scene};
    auto running = begin(scene, log);
    wait_for(scene, rebuild_waits);
    scene.database.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
    CHECK(running.wait() == 69);
    CHECK_THAT(content(log), ContainsSubstring("lost Postgres"));
    CHECK(scene.document().empty());
    CHECK(scene.staging_keys() == 0);
    barrier.open();
    CHECK(scene.nightshift(rebuild_command).exit_code == 0);
}

TEST_CASE("a schema that is too old or too new is refused with what to do") {
    const Installation installation{.database = Database{Database::Schema::none}, .redis = Redis{}};
    const auto old = installation.nightshift(rebuild_command);
    CHECK(old.exit_code == 78);
    CHECK_THAT(old.err, ContainsSubstring("nightshift migrate up"));
    REQUIRE(installation.nightshift({"migrate", "up"}).exit_code == 0);
    installation.database.query(
        "INSERT INTO nightshift.migrations VALUES ('nightshift', 9999, 'later', 'x', now(), 0, "
        "'x')");
    const auto newer = installation.nightshift(rebuild_command);
    CHECK(newer.exit_code == 78);
    CHECK_THAT(newer.err, ContainsSubstring("upgrade nightshift"));
}
