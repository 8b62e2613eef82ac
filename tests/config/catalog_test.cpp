#include "config/catalog.hpp"

#include "support/binary.hpp"
#include "support/catch.hpp"

#include <fstream>
#include <iterator>
#include <regex>
#include <set>

using namespace nightshift;
using namespace nightshift::test;

// By the words that ask for one: settings.find("NAME"), require(session, "NAME", and the like.
TEST_CASE("every setting that a command reads is known") {
    static const std::regex asked{
        "(?:settings\\.(?:find|find_secret|require_secret|has)|require|required|secret|setting|"
        "timeout|base_url)\\((?:session, )?\"([A-Z][A-Z0-9_]+)\""};
    std::set<std::string> read;
    for (const auto* folder : {"cmd", "lib"}) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator{source() / folder}) {
            if (entry.path().extension() != ".cpp") continue;
            std::ifstream file{entry.path()};
            const std::string text{std::istreambuf_iterator<char>{file}, {}};
            for (std::sregex_iterator it{text.begin(), text.end(), asked}, end; it != end; ++it)
                read.insert((*it)[1]);
        }
    }
    CHECK(read.size() > 40);
    for (const auto& name : read) {
        INFO(name);
        CHECK(config::find_known(name) != nullptr);
    }
}

TEST_CASE("each setting has a category that there is, and an example or choices") {
    std::set<std::string> categories;
    for (const auto& each : config::categories()) categories.insert(each.name);
    CHECK(categories.size() == 13);
    for (const auto& each : config::known_settings()) {
        INFO(each.name);
        CHECK(categories.contains(each.category));
        CHECK_FALSE(each.about.empty());
        CHECK((!each.example.empty() || !each.choices.empty()));
        CHECK((each.type == config::Type::url) == !each.schemes.empty());
    }
}

TEST_CASE("a name is found by way of its file and its job, and a misspelt one is guessed") {
    CHECK(config::find_known("DATABASE_URL_FILE")->name == "DATABASE_URL");
    CHECK(config::find_known("NIGHTSHIFT_ZONE_FILE") == nullptr);  // no secret
    CHECK(config::find_known("HEARTBEAT_URL_CHECK_STREAKS")->name == "HEARTBEAT_URL");
    CHECK(config::probably_meant("DATABSE_URL") == "DATABASE_URL");
    CHECK(config::probably_meant("REDIS_UR") == "");  // a name of its own, perhaps
    CHECK(config::probably_meant("SENTRY_DNS") == "SENTRY_DSN");
    CHECK(config::probably_meant("DATABASE_URL") == "");
    CHECK(config::probably_meant("PATH") == "");
    CHECK(config::probably_meant("PGPASSWORD") == "");
}
