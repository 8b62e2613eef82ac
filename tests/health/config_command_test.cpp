// nightshift config, as an operator and CI use it: without any server.
#include "support/binary.hpp"
#include "support/catch.hpp"
#include "support/expect.hpp"

#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>
#include <sys/stat.h>

using namespace nightshift::test;
using Json = nlohmann::json;
using Values = std::map<std::string, std::string>;

namespace {

struct Configured {
    TemporaryFolder folder;

    // A program that stands alone, without the one that makes smaller pictures.
    Finished run_alone(const std::vector<std::string>& words, const Values& values) const {
        const auto alone = folder.path() / "nightshift";
        std::filesystem::copy_file(binary(), alone);
        std::vector<std::string> command{alone.string()};
        command.insert(command.end(), words.begin(), words.end());
        return run({.command = command, .environment = values});
    }
    Finished run_with(std::vector<std::string> words, const Values& values) const {
        auto spawn = program(std::move(words), values);
        spawn.folder = folder.path().string();
        return run(spawn);
    }
    // What is said of a setting, "error: " or "warning: " before it.
    std::vector<std::string> said(const std::string& setting, const Values& values) const {
        const auto finished = run_with({"config", "check", "--json"}, values);
        INFO(finished.out << finished.err);
        std::vector<std::string> all;
        const auto json = Json::parse(finished.out);
        for (const auto& category : json.at("categories")) {
            for (const auto& each : category.at("findings")) {
                if (each.at("setting") == setting)
                    all.push_back(each.at("level").get<std::string>() + ": " +
                                  each.at("message").get<std::string>());
            }
        }
        return all;
    }
};

using Said = std::vector<std::string>;

const Values good{
    {"DATABASE_URL", "postgresql://app:Kd83jfu2Lq@db.example/app?sslmode=verify-full"},
    {"ENVIRONMENT", "production"}};

Values with(Values values, const Values& more) {
    for (const auto& [name, value] : more) values[name] = value;
    return values;
}

}  // namespace

TEST_CASE("a configuration that is good has no errors, and its categories are all there") {
    const Configured it;
    const auto finished = it.run_with({"config", "check"}, good);
    INFO(finished.out << finished.err);
    CHECK(finished.exit_code == 0);
    CHECK_THAT(finished.out, ContainsSubstring("Feature flags: not configured"));
    CHECK_THAT(finished.out, ContainsSubstring("Database: good"));
    const auto json = Json::parse(it.run_with({"config", "check", "--json"}, good).out);
    CHECK(json["categories"].size() == 13);
}

TEST_CASE("what production must not have is an error there, and a warning elsewhere") {
    const Configured it;
    const std::vector<std::tuple<std::string, std::string, std::string>> bad{
        {"DEBUG", "true", "DEBUG is on"},
        {"CORS_ORIGINS", "https://a.example, *", "CORS_ORIGINS has *"},
        {"JWT_SECRET", "changeme-changeme-changeme-changeme", "JWT_SECRET is no secret"},
        {"SECRET_KEY", "short-Bu7-good", "SECRET_KEY is no secret"},
        {"UNSUBSCRIBE_SECRET", std::string(64, 'a'), "UNSUBSCRIBE_SECRET is no secret"},
        {"REDIS_URL", "redis://:Kd83jfu2Lq@cache.example/0",
         "REDIS_URL goes over the network in the clear"},
        {"REDIS_URL", "rediss://cache.example/0", "Redis has no password"},
        {"S3_ENDPOINT_URL", "http://minio.example",
         "S3_ENDPOINT_URL goes over the network in the clear"},
        {"TWILIO_FROM_NUMBER", "+15005550006", "TWILIO_FROM_NUMBER is one for tests"},
        {"DATABASE_URL", "postgresql://app:Kd83jfu2Lq@db.example/app",
         "the connection to Postgres need not be encrypted"},
        {"DATABASE_URL", "postgresql://app:app@db.example/app?sslmode=require",
         "the password of Postgres is no secret"}};
    for (const auto& [name, value, words] : bad) {
        INFO(name << " " << words);
        const auto values = with(good, {{name, value}});
        const auto in_production = it.said(name, values);
        CHECK(std::count(in_production.begin(), in_production.end(), "error: " + words) == 1);
        const auto elsewhere = it.said(name, with(values, {{"ENVIRONMENT", "staging"}}));
        CHECK(std::count(elsewhere.begin(), elsewhere.end(), "warning: " + words) == 1);
        CHECK(it.run_with({"config", "check"}, values).exit_code == 1);
    }
    // On this machine nobody is on the way.
    CHECK(it.said("REDIS_URL", with(good, {{"REDIS_URL", "redis://127.0.0.1/0"}})).empty());
    CHECK(it.said("DATABASE_URL", with(good, {{"DATABASE_URL", "postgresql://app@localhost/app"}}))
              .empty());
}

TEST_CASE("each value is held against its type, and what belongs together must be there") {
    const Configured it;
    const std::vector<std::pair<std::string, std::string>> bad{
        {"LEADERBOARD_TTL_SECONDS", "59"},
        {"NOTIFY_DAILY_BUDGET", "much"},
        {"ENVIRONMENT", "prodution"},
        {"DEBUG", "perhaps"},
        {"NIGHTSHIFT_ZONE", "Mars/Olympus"},
        {"SENTRY_DSN", "key@sentry"},
        {"DATABASE_URL", "mysql://x"},
        {"REDIS_URL", "http://x"},
        {"NOTIFY_CA_FILE", "/nowhere"},
        {"LOCAL_STORAGE_PATH", "/nowhere"},
        {"NIGHTSHIFT_METRICS_FILE", "/nowhere/x.prom"}};
    for (const auto& [name, value] : bad) {
        INFO(name);
        const auto said = it.said(name, with(good, {{name, value}}));
        REQUIRE_FALSE(said.empty());
        CHECK(said.front() == "error: " + name + " cannot be used");
    }
    CHECK(it.said("S3_BUCKET_NAME", with(good, {{"STORAGE_BACKEND", "s3"}})) ==
          Said{"error: S3_BUCKET_NAME is not set"});
    CHECK(it.said("TWILIO_AUTH_TOKEN", with(good, {{"SMS_PROVIDER", "twilio"}})) ==
          Said{"error: TWILIO_AUTH_TOKEN is not set"});
    CHECK(it.said("TWILIO_FROM_NUMBER", with(good, {{"SMS_PROVIDER", "twilio"}})) ==
          Said{"error: neither TWILIO_FROM_NUMBER nor TWILIO_MESSAGING_SERVICE_SID is set"});
    const auto schedule = it.folder.file("schedule.json", R"({"schema_version": 1, "jobs": [{}]})");
    CHECK(it.said("NIGHTSHIFT_SCHEDULE", with(good, {{"NIGHTSHIFT_SCHEDULE", schedule}})).size() ==
          1);
    const auto key = it.folder.file("firebase.json", "{}");
    CHECK(it.said("FIREBASE_CREDENTIALS_PATH", with(good, {{"FIREBASE_CREDENTIALS_PATH", key}}))
              .size() == 1);
    CHECK(it.said("HEARTBEAT_URL_CHECK_STREAKS",
                  with(good, {{"HEARTBEAT_URL_CHECK_STREAKS", "hc-ping.com/key"}})) ==
          Said{"error: HEARTBEAT_URL_CHECK_STREAKS cannot be used"});
    CHECK(it.said("DATABASE_URL", {}) == Said{"error: DATABASE_URL is not set"});
    CHECK(it.said("SENTRY_DSN", with(good, {{"REQUIRED_SETTINGS", "SENTRY_DSN , REDIS_URL"}})) ==
          Said{"error: SENTRY_DSN is not set"});
}

TEST_CASE("a store without the program that makes smaller pictures is a warning") {
    const Configured it;
    const auto values = with(good, {{"STORAGE_BACKEND", "s3"}, {"S3_BUCKET_NAME", "b"}});
    CHECK(it.said("NIGHTSHIFT_IMAGE_PROGRAM", values).empty());
    CHECK_THAT(it.run_alone({"config", "check"}, with(values, {{"PATH", "/nowhere"}})).out,
               ContainsSubstring("there is no nightshift-image"));
}

TEST_CASE("a name that is near one of ours, or stands twice, is told, and others are left alone") {
    const Configured it;
    CHECK(it.said("DATABSE_URL", with(good, {{"DATABSE_URL", "x"}})) ==
          Said{"warning: there is no setting DATABSE_URL"});
    CHECK(it.said("NIGHTSHIFT_COLOUR", with(good, {{"NIGHTSHIFT_COLOUR", "x"}})) ==
          Said{"warning: there is no setting NIGHTSHIFT_COLOUR"});
    CHECK(it.said("STRIPE_API_KEY", with(good, {{"STRIPE_API_KEY", "x"}})).empty());
    const auto file =
        it.folder.file("settings.env", "LOG_LEVEL=info\nLOG_LEVEL=error\nSECRET_KEY=abc\n");
    ::chmod(file.c_str(), 0644);
    const auto finished = it.run_with({"config", "check", "--env-file", file}, good);
    CHECK_THAT(finished.out, ContainsSubstring("LOG_LEVEL stands twice in"));
    CHECK_THAT(finished.out, ContainsSubstring("everybody may read"));
    const auto strict =
        it.run_with({"config", "check", "--strict"}, with(good, {{"NIGHTSHIFT_COLOUR", "x"}}));
    CHECK(strict.exit_code == 1);
}

TEST_CASE("no command of config says a secret, and show says where each setting is from") {
    const Configured it;
    const auto file = it.folder.file("settings.env", "LOG_LEVEL=error\n");
    const auto secret = it.folder.file("dsn", "https://k3yk3yk3y@sentry.example/1\n");
    const auto values = with(good, {{"SENTRY_DSN_FILE", secret},
                                    {"JWT_SECRET", "s3cr3t-s3cr3t-s3cr3t"},
                                    {"FCM_BASE_URL", "http://me:s3cr3t@127.0.0.1:1/x?y"},
                                    {"UNSUBSCRIBE_SECRET", "s3cr3t-s3cr3t-s3cr3t"}});
    for (const auto& words :
         std::vector<std::vector<std::string>>{{"config", "check"},
                                               {"config", "check", "--json"},
                                               {"config", "show", "--origin"},
                                               {"config", "show", "--json"},
                                               {"config", "explain", "JWT_SECRET"},
                                               {"config", "explain", "SENTRY_DSN", "--json"}}) {
        auto all = words;
        all.insert(all.end(), {"--env-file", file});
        const auto finished = it.run_with(all, values);
        for (const auto* each : {"s3cr3t", "Kd83jfu2Lq", "k3yk3yk3y"})
            CHECK((finished.out + finished.err).find(each) == std::string::npos);
    }
    const auto shown =
        it.run_with({"config", "show", "--origin", "--set", "--env-file", file}, values).out;
    CHECK_THAT(shown, ContainsSubstring("SENTRY_DSN_FILE"));
    CHECK_THAT(shown, ContainsSubstring(file));
    CHECK_THAT(shown, ContainsSubstring("http://...@127.0.0.1:1/x?y"));
    CHECK(shown.find("NIGHTSHIFT_ZONE") == std::string::npos);
    const auto explained = it.run_with({"config", "explain", "LOG_LEVEL"}, values).out;
    CHECK_THAT(explained, ContainsSubstring("debug, info, warning, error"));
    const auto unknown = it.run_with({"config", "explain", "LOG_LEVL"}, values);
    CHECK(unknown.exit_code == 64);
    CHECK_THAT(unknown.err, ContainsSubstring("did you mean LOG_LEVEL?"));
}

TEST_CASE("init writes a file that can be read, for this user alone, and replaces none unasked") {
    const Configured it;
    CHECK(it.run_with({"config", "init", "--environment", "production"}, {}).exit_code == 0);
    const auto path = (it.folder.path() / ".env").string();
    struct stat about {};
    REQUIRE(::stat(path.c_str(), &about) == 0);
    CHECK((about.st_mode & 0777U) == 0600U);
    CHECK(it.run_with({"config", "init"}, {}).exit_code == 77);
    CHECK(it.run_with({"config", "init", "--force"}, {}).exit_code == 0);
    CHECK(it.run_with({"config", "init", "--output", "/nowhere/x"}, {}).exit_code == 74);
    // Each line that is taken out of its comment can be read.
    std::ifstream in{path};
    std::string text{std::istreambuf_iterator<char>{in}, {}};
    for (auto at = text.find("\n# "); at != std::string::npos; at = text.find("\n# ", at + 1)) {
        const auto equals = text.find_first_of("= \n", at + 3);
        if (text[equals] == '=') text.erase(at + 1, 2);
    }
    std::ofstream{path} << text;
    const auto shown = it.run_with({"config", "show", "--set", "--json"}, {});
    INFO(shown.err);
    REQUIRE(shown.exit_code == 0);
    CHECK(Json::parse(shown.out)["settings"].size() > 60);
}
