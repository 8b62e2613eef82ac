#include "leaderboard/publication.hpp"

#include "base/error.hpp"
#include "leaderboard/scene.hpp"
#include "support/catch.hpp"
#include "support/expect.hpp"

#include <atomic>
#include <fstream>
#include <thread>

#include <nlohmann/json.hpp>

using namespace nightshift;
using namespace nightshift::test;
using leaderboard::Publication;

namespace {

void stage(Publication& publication, const std::string& document, const std::string& as_of) {
    publication.stage(
        {document, *parse_instant(as_of), *parse_instant(as_of), std::chrono::hours{1}});
}

void publish(Publication& publication, const std::string& document, const std::string& as_of) {
    stage(publication, document, as_of);
    publication.swap();
}

void add(Publication& publication, int users) {
    for (int i = 1; i <= users; ++i) publication.add(std::to_string(i));
}

std::int64_t memory_in_use(redis::Connection& redis) {
    const auto info = redis.command({"INFO", "memory"});
    const auto text = info.text();
    return std::stoll(std::string{text.substr(text.find("used_memory:") + 12, 20)});
}

}  // namespace

TEST_CASE("a reader that polls through a hundred rebuilds never sees a missing or mixed board") {
    const Scene scene;
    scene.add_users(3000);
    // Two boards that differ in everything a reader can see.
    const std::string as_of[2] = {noon, "2026-03-11T12:00:00Z"};
    scene.database.query(
        "INSERT INTO attempts (user_id, question_id, is_correct, attempted_at)"
        " SELECT 1, 2, true, '2026-03-11 11:00Z' FROM generate_series(1, 5000)");
    scene.database.query("INSERT INTO users (id, name) VALUES (5000, 'late')");
    scene.database.query(
        "INSERT INTO attempts (user_id, question_id, is_correct, attempted_at)"
        " VALUES (5000, 2, true, '2026-03-11 11:00Z')");
    scene.rebuild(as_of[0]);

    std::atomic<bool> done = false;
    std::int64_t reads = 0;
    std::int64_t wrong = 0;
    std::jthread reader{[&] {
        const auto redis = scene.redis.connect();
        while (!done) {
            redis->append({"MULTI"});
            redis->append({"GET", "leaderboard:weekly"});
            redis->append({"ZCARD", "{leaderboard:weekly}:ranks"});
            redis->append({"ZSCORE", "{leaderboard:weekly}:ranks", "1"});
            redis->append({"EXEC"});
            redis->drain(0, [&](redis::Reply reply) {
                if (reply.size() != 3) return;
                ++reads;
                const auto document = reply.element_text(0).value_or("");
                const bool late = document.find(as_of[1]) != std::string::npos;
                const bool early = document.find(as_of[0]) != std::string::npos;
                const bool whole = reply.element_integer(1) == (late ? 3001 : 3000);
                const bool own_rank = (reply.element_text(2) == "1") == late;
                if (late == early || !whole || !own_rank) ++wrong;
            });
        }
    }};
    for (int i = 1; i <= 100; ++i) scene.rebuild(as_of[i % 2], true);
    done = true;
    reader.join();
    CHECK(reads > 100);
    CHECK(wrong == 0);
    CHECK(scene.staging_keys() == 0);
}

TEST_CASE("what is not published takes its staging keys away") {
    const Scene scene;
    const auto redis = scene.redis.connect();
    {
        Publication publication{*redis, {.run_id = "gone", .fence = 1}};
        add(publication, 1000);
        CHECK(scene.staging_keys() == 1);
        CHECK(scene.redis.connect()
                  ->command({"TTL", "{leaderboard:weekly}:next:gone:ranks"})
                  .integer() > 0);
    }
    CHECK(scene.staging_keys() == 0);
}

TEST_CASE("a later run's fence stops an earlier one that was paused") {
    const Scene scene;
    const auto first_redis = scene.redis.connect();
    const auto second_redis = scene.redis.connect();
    Publication first{*first_redis, {.run_id = "first", .fence = 1}};
    add(first, 10);
    Publication second{*second_redis, {.run_id = "second", .fence = 2}};
    add(second, 20);
    publish(second, R"("second")", noon);
    CHECK(error_of([&] { publish(first, R"("first")", noon); }).failure == Failure::busy);
    CHECK(scene.document() == R"("second")");
    CHECK(scene.ranks().size() == 20);
}

TEST_CASE("a run with an older fence than Redis knows is refused before it loads") {
    const Scene scene;
    const auto redis = scene.redis.connect();
    Publication{*redis, {.run_id = "later", .fence = 9}};
    const auto error = error_of([&] { Publication{*redis, {.run_id = "older", .fence = 8}}; });
    CHECK(error.failure == Failure::refused);
    CHECK_THAT(error.cause, ContainsSubstring("its fence is 9"));
    CHECK_NOTHROW(Publication{*redis, {.run_id = "older", .fence = 8, .force = true}});
}

TEST_CASE("an older as-of than the live board's is refused by the swap itself") {
    const Scene scene;
    const auto redis = scene.redis.connect();
    Publication newer{*redis, {.run_id = "newer", .fence = 1}};
    publish(newer, R"("newer")", noon);
    Publication older{*redis, {.run_id = "older", .fence = 2}};
    const auto error = error_of([&] { publish(older, R"("older")", "2026-03-09T12:00:00Z"); });
    CHECK(error.failure == Failure::refused);
    CHECK_THAT(error.cause, ContainsSubstring("2026-03-10T12:00:00Z"));
    CHECK(scene.document() == R"("newer")");
}

TEST_CASE("a board of which a part was evicted while it was loaded is not published") {
    const Scene scene;
    const auto redis = scene.redis.connect();
    Publication live{*redis, {.run_id = "live", .fence = 1}};
    add(live, 5);
    publish(live, R"("live")", noon);
    Publication next{*redis, {.run_id = "next", .fence = 2}};
    add(next, 1000);
    redis->command({"DEL", "{leaderboard:weekly}:next:next:ranks"});  // as an eviction would
    add(next, 500);
    const auto error = error_of([&] { publish(next, R"("next")", noon); });
    CHECK(error.failure == Failure::unavailable);
    CHECK_THAT(error.what(), ContainsSubstring("evicted"));
    CHECK_THAT(error.cause, ContainsSubstring("500 of 1500 users were left"));
    CHECK(scene.document() == R"("live")");
    CHECK(scene.ranks().size() == 5);
}

TEST_CASE("a board whose document was evicted before the swap is not published") {
    const Scene scene;
    const auto redis = scene.redis.connect();
    Publication next{*redis, {.run_id = "next", .fence = 1}};
    add(next, 10);
    stage(next, R"("next")", noon);
    redis->command({"DEL", "{leaderboard:weekly}:next:next:doc"});
    const auto error = error_of([&] { next.swap(); });
    CHECK(error.failure == Failure::unavailable);
    CHECK_THAT(error.cause, ContainsSubstring("its document or its meta is gone"));
}

TEST_CASE("a swap whose answer never came says that the old board or the new one is live") {
    const Scene scene;
    const auto redis = scene.redis.connect();
    Publication next{*redis, {.run_id = "next", .fence = 1}};
    add(next, 10);
    stage(next, R"("next")", noon);
    scene.redis.connect()->command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
    const auto error = error_of([&] { next.swap(); });
    CHECK(error.failure == Failure::unavailable);
    CHECK_THAT(error.hint, ContainsSubstring("the old board or the new one"));
}

TEST_CASE("a Redis that refuses memory leaves the old board whole") {
    const Scene scene;
    scene.add_users(50);
    scene.rebuild(noon);
    const auto before = scene.document();
    scene.add_users(20000);
    const auto redis = scene.redis.connect();
    redis->command({"CONFIG", "SET", "maxmemory-policy", "noeviction"});
    redis->command({"CONFIG", "SET", "maxmemory", std::to_string(memory_in_use(*redis) + 600'000)});
    const auto refused =
        scene.nightshift({"recompute-leaderboard", "--period", "weekly", "--as-of", noon});
    CHECK(refused.exit_code == 69);
    CHECK_THAT(refused.err, ContainsSubstring("out of memory"));
    redis->command({"CONFIG", "SET", "maxmemory", "0"});
    CHECK(scene.document() == before);
    CHECK(scene.ranks().size() == 50);
    CHECK(scene.staging_keys() == 0);
}

TEST_CASE("the swap itself needs no memory") {
    const Scene scene;
    const auto redis = scene.redis.connect();
    Publication publication{*redis, {.run_id = "run", .fence = 1}};
    add(publication, 200);
    publish(publication, R"("first")", noon);
    redis->command({"SET", "{leaderboard:weekly}:next:x:doc", "\"second\""});
    redis->command({"ZADD", "{leaderboard:weekly}:next:x:ranks", "1", "7"});
    redis->command({"HSET", "{leaderboard:weekly}:next:x:meta", "fence", "1", "as_of", "1"});
    redis->command({"CONFIG", "SET", "maxmemory", "1"});
    REQUIRE(redis->try_command({"SET", "any", "thing"}).text().starts_with("OOM"));
    std::ifstream file{source() / "lib/leaderboard/lua/publish.lua"};
    const std::string script{std::istreambuf_iterator<char>{file}, {}};
    const auto t = std::string{"{leaderboard:weekly}"};
    const auto reply = redis->command({"EVAL", script, "8", "leaderboard:weekly", t + ":ranks",
                                       t + ":meta", t + ":next:x:doc", t + ":next:x:ranks",
                                       t + ":next:x:meta", t + ":old:x:doc", t + ":old:x:ranks",
                                       "1", "1", "9000000000000000", "60", ""});
    CHECK(reply.element_text(0) == "published");
    CHECK(scene.document() == "\"second\"");
}

TEST_CASE("a Redis that would evict for the new board is refused while the old one is whole") {
    const Scene scene;
    scene.add_users(50);
    scene.rebuild(noon);
    const auto before = scene.document();
    scene.add_users(40000);
    const auto redis = scene.redis.connect();
    for (const std::string policy : {"allkeys-lru", "volatile-ttl", "allkeys-random"}) {
        INFO(policy);
        redis->command({"CONFIG", "SET", "maxmemory-policy", policy});
        redis->command(
            {"CONFIG", "SET", "maxmemory", std::to_string(memory_in_use(*redis) + 3'000'000)});
        const auto refused =
            scene.nightshift({"recompute-leaderboard", "--period", "weekly", "--as-of", noon});
        CHECK(refused.exit_code == 77);
        CHECK_THAT(refused.err, ContainsSubstring(policy));
        CHECK(scene.document() == before);
        CHECK(scene.ranks().size() == 50);
        CHECK(scene.staging_keys() == 0);
    }
}

TEST_CASE("Redis that goes down while a board is loaded is said so") {
    Scene scene;
    const auto redis = scene.redis.connect();
    Publication publication{*redis, {.run_id = "run", .fence = 1}};
    add(publication, 1000);
    scene.redis.stop();
    const auto error = error_of([&] {
        add(publication, 100'000);
        publish(publication, R"("x")", noon);
    });
    CHECK(error.failure == Failure::unavailable);
    CHECK_THAT(error.what(), ContainsSubstring("lost Redis"));
}

TEST_CASE("a swap that is not permitted to the end does not begin") {
    const Scene scene;
    const auto redis = scene.redis.connect();
    Publication live{*redis, {.run_id = "live", .fence = 1}};
    add(live, 5);
    publish(live, R"("live")", noon);
    for (const std::string command : {"unlink", "persist", "expire"}) {
        INFO(command);
        const auto forbidden = "-" + command;
        redis->command({"ACL", "SETUSER", "poor", "on", ">poor-pw", "~*", "+@all", forbidden});
        const auto poor = std::make_unique<redis::Connection>(redis::parse_address(
            "redis://poor:poor-pw@127.0.0.1:" + std::to_string(scene.redis.port())));
        const auto error = error_of([&] {
            Publication next{*poor, {.run_id = "next", .fence = 2}};
            add(next, 9);
            publish(next, R"("next")", noon);
        });
        CHECK(error.failure == Failure::configuration);
        CHECK(scene.document() == R"("live")");
        CHECK(scene.ranks().size() == 5);
        CHECK(redis->command({"TTL", "{leaderboard:weekly}:meta"}).integer() == -1);
    }
}
