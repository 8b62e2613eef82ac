// What alarms nobody: mutes with a reason and an end, and what was not bad often enough.
#include "base/error.hpp"
#include "base/instant.hpp"
#include "health/health_scene.hpp"
#include "health/mutes.hpp"

#include <fstream>

using namespace nightshift;
using namespace nightshift::test;
namespace fs = std::filesystem;

namespace {

std::string mutes(const std::string& check, const std::string& until,
                  const std::string& reason = "VACUUM FULL on Sunday") {
    return Json{{"schema_version", 1},
                {"mutes", {{{"check", check}, {"until", until}, {"reason", reason}}}}}
        .dump();
}

constexpr const char* bad = "redis.ping";
const Values no_redis{{"REDIS_URL", "redis://127.0.0.1:1/0"}};

}  // namespace

TEST_CASE("what is muted is looked at, told with its reason, and alarms nobody until its end") {
    const Watched it;
    const TemporaryFolder folder;
    const auto with = [&](const std::string& json, std::vector<std::string> words = {}) {
        words.insert(words.begin(), {"--only", "redis", "--only", "config.monitoring"});
        return it.looked(words, {{"REDIS_URL", no_redis.at("REDIS_URL")},
                                 {"NIGHTSHIFT_MUTES", folder.file("mutes.json", json)}});
    };
    const auto muted = with(mutes("redis", "2099-01-01T00:00:00Z"));
    CHECK(status(muted, "") == "healthy");
    CHECK(status(muted, bad) == "skipped");
    CHECK_THAT(muted.at(bad).at("message").get<std::string>(),
               ContainsSubstring("muted until 2099-01-01T00:00:00Z, VACUUM FULL on Sunday: "
                                 "unhealthy, cannot connect to Redis"));
    const auto other = with(mutes("database", "2099-01-01T00:00:00Z"));
    CHECK(status(other, bad) == "unhealthy");
    const auto over = with(mutes(bad, "2026-01-01T00:00:00Z"));
    CHECK(status(over, bad) == "unhealthy");
    CHECK(status(over, "config.monitoring") == "degraded");
    CHECK_THAT(over.at("config.monitoring").at("message").get<std::string>(),
               ContainsSubstring("the mute of redis.ping is over"));
    const auto broken = with("{");
    CHECK(status(broken, bad) == "unhealthy");
    CHECK(status(broken, "config.monitoring") == "unhealthy");
}

TEST_CASE("mutes that say too little are refused by number and field") {
    for (const auto& [json, why] : std::vector<std::pair<std::string, std::string>>{
             {"[]", "schema_version must be 1"},
             {R"({"schema_version": 1})", "mutes must be a list"},
             {R"({"schema_version": 1, "mutes": [7]})", "until of mute 1 is not there"},
             {mutes("redis.png", "2026-01-01T00:00:00Z"), "there is no check redis.png"},
             {mutes("redis.ping", "tomorrow"), "until of mute 1 is no time"},
             {mutes("redis.ping", "2026-01-01T00:00:00Z", " "),
              "reason of mute 1 must be words"}}) {
        INFO(json);
        try {
            health::parse_mutes(json, "mutes.json");
            FAIL("it was taken");
        } catch (const Error& error) {
            CHECK_THAT(error.cause, ContainsSubstring(why));
        }
    }
}

TEST_CASE("a check alarms when it was bad so many times in a row, and at once where none count") {
    const Watched it;
    const TemporaryFolder folder;
    const auto file = (folder.path() / "state.json").string();
    const auto look = [&](const Values& more, const std::string& state) {
        return it.looked({"--only", "redis.ping", "--in-a-row", "3", "--state", state}, more);
    };
    const auto first = look(no_redis, file);
    CHECK(status(first, bad) == "healthy");
    CHECK_THAT(first.at(bad).at("message").get<std::string>(),
               ContainsSubstring("unhealthy 1 of 3 times in a row: cannot connect"));
    CHECK(status(look(no_redis, file), "") == "healthy");
    CHECK(status(look({}, file), "") == "healthy");  // it begins anew
    CHECK(status(look(no_redis, file), "") == "healthy");
    CHECK(status(look(no_redis, file), "") == "healthy");
    CHECK(status(look(no_redis, file), "") == "unhealthy");
    CHECK(status(look(no_redis, file), "") == "unhealthy");
    CHECK((fs::status(file).permissions() & fs::perms::all) ==
          (fs::perms::owner_read | fs::perms::owner_write));
    CHECK(status(look(no_redis, "/nowhere/state.json"), "") == "unhealthy");
    std::ofstream{file} << "broken";
    CHECK(status(look(no_redis, file), "") == "unhealthy");
    CHECK(it.health({"--in-a-row", "3"}).exit_code == 64);
    CHECK(it.health({"--state", file}).exit_code == 64);
    CHECK(it.health({"--in-a-row", "3", "--state", file, "--wait", "9"}).exit_code == 64);
}
