#include "leaderboard/read.hpp"

#include "leaderboard/scene.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

using namespace nightshift;
using namespace nightshift::test;
using nlohmann::json;

namespace {

Finished top(const Scene& scene) { return scene.nightshift({"leaderboard", "top", "--json"}); }

std::string state(const Finished& finished) { return json::parse(finished.out)["state"]; }

}  // namespace

TEST_CASE("a reader tells never published, expired, evicted and nobody ranked apart") {
    const Scene scene;
    const auto never = top(scene);
    CHECK(never.exit_code == 1);
    CHECK(state(never) == "never_published");
    CHECK_THAT(scene.nightshift({"leaderboard", "top"}).out,
               ContainsSubstring("nightshift recompute-leaderboard --period weekly"));

    scene.add_users(5);
    scene.rebuild(noon);
    CHECK(top(scene).exit_code == 0);

    const auto redis = scene.redis.connect();
    redis->command({"DEL", "{leaderboard:weekly}:ranks"});
    CHECK(state(top(scene)) == "evicted");
    redis->command({"DEL", "leaderboard:weekly"});
    CHECK(state(top(scene)) == "evicted");
    redis->command({"HSET", "{leaderboard:weekly}:meta", "expires_at", "1000000"});
    const auto expired = top(scene);
    CHECK(expired.exit_code == 1);
    CHECK(state(expired) == "expired");
    redis->command({"FLUSHALL"});
    CHECK(state(top(scene)) == "evicted");

    scene.database.query("DELETE FROM attempts");
    scene.rebuild(noon);
    CHECK(state(top(scene)) == "published");
}

TEST_CASE("top reads a live board without Postgres") {
    const Scene scene;
    scene.add_users(5);
    scene.rebuild(noon);
    auto environment = scene.environment();
    environment.erase("DATABASE_URL");
    const auto shown = run(program({"leaderboard", "top"}, environment));
    CHECK(shown.exit_code == 0);
    CHECK_THAT(shown.out, ContainsSubstring("   1     5  user 5         5    100.0%"));
}

TEST_CASE("top with a user carries the document's own fields and the rank") {
    const Scene scene;
    scene.add_users(120);
    scene.rebuild(noon);
    const auto shown =
        json::parse(scene.nightshift({"leaderboard", "top", "--user", "1", "--json"}).out);
    CHECK(shown["period"] == "weekly");
    CHECK(shown["updated_at"] == noon);
    CHECK(shown["leaderboard"].size() == 100);
    CHECK(shown["user_rank"] == 120);
}

TEST_CASE("rank gives attempts and accuracy within the top, and null beyond it") {
    const Scene scene;
    scene.add_users(120);
    scene.rebuild(noon);
    const auto rank = [&](const std::string& user) {
        const auto finished = scene.nightshift({"leaderboard", "rank", user, "--json"});
        CHECK(finished.exit_code == 0);
        return json::parse(finished.out);
    };
    const auto first = rank("20");
    CHECK(first["rank"] == 1);
    CHECK(first["user_id"] == 20);
    CHECK(first["attempts"] == 20);
    CHECK(first["accuracy"] == 100.0);
    const auto beyond = rank("2");
    CHECK(beyond["rank"] == 119);
    CHECK(beyond["name"] == "user 2");
    CHECK(beyond["attempts"].is_null());
    CHECK(beyond["accuracy"].is_null());
}

TEST_CASE("a user who is not ranked is an answer, one who does not exist an error") {
    const Scene scene;
    scene.add_users(5);
    scene.database.query("INSERT INTO users (id, name) VALUES (77, 'idle')");
    scene.rebuild(noon);
    const auto idle = scene.nightshift({"leaderboard", "rank", "77", "--json"});
    CHECK(idle.exit_code == 0);
    CHECK(json::parse(idle.out)["rank"].is_null());
    const auto unknown = scene.nightshift({"leaderboard", "rank", "78"});
    CHECK(unknown.exit_code == 65);
    CHECK_THAT(unknown.err, ContainsSubstring("there is no user 78"));
    const auto no_id = scene.nightshift({"leaderboard", "rank", "abc"});
    CHECK(no_id.exit_code == 65);
    CHECK_THAT(no_id.err, ContainsSubstring("there is no user abc"));
    CHECK(scene.nightshift({"leaderboard", "top", "--user", "78"}).exit_code == 65);
}

TEST_CASE("the rank of a user on a board that is not there is no") {
    const Scene scene;
    scene.add_users(1);
    const auto rank = scene.nightshift({"leaderboard", "rank", "1"});
    CHECK(rank.exit_code == 1);
    CHECK_THAT(rank.out, ContainsSubstring("was never published"));
}

TEST_CASE("a limit shortens what is shown and never says that nobody is ranked") {
    const Scene scene;
    scene.add_users(12);
    scene.rebuild(noon);
    const auto shown = scene.nightshift({"leaderboard", "top", "--limit", "3", "--json"});
    CHECK(json::parse(shown.out)["leaderboard"].size() == 3);
    CHECK(scene.nightshift({"leaderboard", "top", "--limit", "0"}).exit_code == 64);
}

TEST_CASE("a key of another kind in the board's place is said so") {
    const Scene scene;
    for (const std::string key : {"{leaderboard:weekly}:meta", "{leaderboard:weekly}:ranks"}) {
        const auto redis = scene.redis.connect();
        redis->command({"FLUSHALL"});
        redis->command({"SET", key, "x"});
        const auto shown = scene.nightshift({"leaderboard", "top"});
        CHECK(shown.exit_code == 78);
        CHECK_THAT(shown.err, ContainsSubstring("not ours"));
    }
}

TEST_CASE("a name cannot steer the terminal of who reads the board") {
    const Scene scene;
    scene.add_users(1);
    scene.database.query("UPDATE users SET name = E'\\x1b[2Jgone\\n\\u009b'");
    scene.rebuild(noon);
    const auto shown = scene.nightshift({"leaderboard", "top", "--user", "1"}).out;
    CHECK(shown.find('\x1b') == std::string::npos);
    CHECK(shown.find("\xC2\x9B") == std::string::npos);
    CHECK_THAT(shown, ContainsSubstring("?[2Jgone??"));
}

TEST_CASE("a secret that is an ordinary word leaves the JSON a document") {
    const Installation installation{.database = Database{},
                                    .redis = Redis{{"--requirepass", "true"}}};
    const auto shown = installation.nightshift({"leaderboard", "top", "--json"});
    CHECK(json::parse(shown.out)["ok"] == false);
}
