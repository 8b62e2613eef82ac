// nightshift health against a Redis of which each thing is broken in turn.
#include "health/health_scene.hpp"
#include "support/expect.hpp"

using namespace nightshift::test;

TEST_CASE("replicas of Redis that are not heard of, and a replica without its master, are seen") {
    const Watched it;
    CHECK(status(it.looked({"--only", "redis"}), "redis.replication") == "healthy");
    const Redis replica{{"--replicaof", "127.0.0.1 " + std::to_string(it.redis.port()),
                         "--repl-ping-replica-period", "1"}};
    const Values there{{"REDIS_URL", replica.url()}};
    CHECK(eventually([&] {
        return status(it.looked({"--only", "redis"}, there), "redis.replication") == "healthy";
    }));
    CHECK(eventually([&] {
        return it.looked({"--only", "redis"})
                   .at("redis.replication")
                   .at("message")
                   .get<std::string>()
                   .find("1 replica") == 0;
    }));
    replica.connect()->command({"REPLICAOF", "127.0.0.1", "1"});
    const auto lost = it.looked({"--only", "redis"}, there);
    CHECK(status(lost, "redis.replication") == "unhealthy");
    CHECK_THAT(lost.at("redis.replication").at("message").get<std::string>(),
               ContainsSubstring("has lost its master"));
}

TEST_CASE("a Redis that is full, drops keys or takes no writes is told apart") {
    const Watched it;
    const auto connection = it.redis.connect();
    auto& redis = *connection;
    redis.command({"CONFIG", "SET", "maxmemory-policy", "noeviction"});
    redis.command({"CONFIG", "SET", "maxmemory", "1"});
    const auto full = it.looked({"--only", "redis"});
    CHECK(status(full, "redis.writes") == "unhealthy");
    CHECK_THAT(full.at("redis.writes").at("why").get<std::string>(), ContainsSubstring("OOM"));
    CHECK(status(full, "redis.memory") == "unhealthy");
    CHECK(status(full, "redis.ping") == "healthy");

    redis.command({"CONFIG", "SET", "maxmemory", "100mb"});
    redis.command({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
    const auto lossy = it.looked({"--only", "redis"});
    CHECK(status(lossy, "redis.policy") == "degraded");
    CHECK(status(lossy, "redis.writes") == "healthy");
    CHECK(status(lossy, "redis.memory") == "healthy");

    redis.command({"REPLICAOF", "127.0.0.1", "1"});
    const auto replica = it.looked({"--only", "redis"});
    CHECK(status(replica, "redis.writes") == "unhealthy");
    CHECK_THAT(replica.at("redis.writes").at("why").get<std::string>(),
               ContainsSubstring("READONLY"));
    redis.command({"REPLICAOF", "NO", "ONE"});

    redis.command(
        {"ACL", "SETUSER", "guest", "on", ">pass", "+ping", "+hello", "+client", "+info"});
    auto url = it.redis.url();
    url.insert(url.find("//") + 2, "guest:pass@");
    const auto guest = it.looked({"--only", "redis"}, {{"REDIS_URL", url}});
    CHECK(status(guest, "redis.writes") == "unknown");
    CHECK(guest.at("redis.writes").at("message") == "not permitted");
}

TEST_CASE("a board that Redis serves otherwise than it was published is seen") {
    const Watched it;
    it.database.query(
        "INSERT INTO users (id, name) VALUES (1, 'Awa'), (2, 'Lea'); INSERT INTO questions (id) "
        "VALUES (1); INSERT INTO attempts (user_id, question_id, is_correct, attempted_at) SELECT "
        "i, 1, true, now() - interval '1 hour' FROM generate_series(1, 2) AS i");
    CHECK(it.looked({}).at("boards.match").at("message") == "0 boards as published");
    const auto published =
        run(program({"recompute-leaderboard", "--period", "weekly"}, it.environment()));
    INFO(published.err);
    REQUIRE(published.exit_code == 0);
    const auto well = it.looked({});
    CHECK(status(well, "boards.match") == "healthy");
    CHECK(well.at("boards.match").at("message") == "1 board as published");

    const auto redis = it.redis.connect();
    redis->command({"ZREM", "{leaderboard:weekly}:ranks", "1"});
    const auto fewer = it.looked({});
    CHECK(status(fewer, "boards.match") == "degraded");
    CHECK_THAT(fewer.at("boards.match").at("message").get<std::string>(),
               ContainsSubstring("ranks 1 user, and 2 were published"));
    redis->command({"SET", "leaderboard:weekly", "{}"});
    CHECK_THAT(it.looked({}).at("boards.match").at("message").get<std::string>(),
               ContainsSubstring("is another document"));
    redis->command({"DEL", "leaderboard:weekly"});
    const auto gone = it.looked({});
    CHECK_THAT(gone.at("boards.match").at("message").get<std::string>(),
               ContainsSubstring("is not served"));
    CHECK(gone.at("boards.match").at("fix") == "nightshift recompute-leaderboard --period weekly");
}
