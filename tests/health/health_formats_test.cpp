// What nightshift health says, to whom, and what it refuses.
#include "health/health_scene.hpp"
#include "support/expect.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <regex>
#include <set>
#include <thread>

using namespace nightshift::test;
using namespace std::chrono_literals;

TEST_CASE("each format says the same, and is read by what reads it") {
    const Watched it;
    const Values bad{{"REDIS_URL", "redis://127.0.0.1:1/0"}, {"ENVIRONMENT", "staging"}};
    const TemporaryFolder folder;
    const auto path = [&](const std::string& name) { return (folder.path() / name).string(); };
    const auto finished =
        it.health({"--skip", "config", "--report", "junit=" + path("j"), "--report",
                   "prometheus=" + path("p"), "--report", "json=" + path("s"), "--report",
                   "health+json=" + path("h"), "--format", "nagios"},
                  bad);
    CHECK(finished.exit_code == 2);
    const auto text = [&](const std::string& name) {
        std::ifstream file{path(name)};
        return std::string{std::istreambuf_iterator<char>{file}, {}};
    };
    CHECK(finished.out.starts_with("NIGHTSHIFT CRITICAL: redis.ping"));
    // One bar, and labels with values and ranges behind it.
    const auto first = finished.out.substr(0, finished.out.find('\n'));
    CHECK(std::count(finished.out.begin(), finished.out.end(), '|') == 1);
    CHECK_THAT(first, ContainsSubstring("'database.latency'="));
    CHECK(run({.command = {"promtool", "check", "metrics"}, .input = text("p")}).exit_code == 0);
    const auto parsed =
        run({.command = {"python3", "-c",
                         "import sys, xml.etree.ElementTree as t\n"
                         "s = t.parse(sys.argv[1]).getroot()\n"
                         "assert s.tag == 'testsuite' and int(s.get('failures')) == 1, s.attrib\n"
                         "assert len(s.findall('testcase')) == int(s.get('tests'))\n"
                         "assert [c.get('name') for c in s if c.find('failure') is not None] == "
                         "['redis.ping']",
                         path("j")}});
    INFO(parsed.err);
    CHECK(parsed.exit_code == 0);
    const auto service = Json::parse(text("s"));
    CHECK(service["status"] == "unhealthy");
    CHECK(service["environment"] == "staging");
    CHECK(service["services"]["redis"]["status"] == "disconnected");
    CHECK(service["services"]["redis"]["url"] == "127.0.0.1:1/0");
    CHECK(service["services"]["database"]["status"] == "connected");
    CHECK(service["response_time_ms"].is_number());
    const auto health = Json::parse(text("h"));
    CHECK(health["status"] == "fail");
    CHECK(health["checks"]["redis:ping"][0]["status"] == "fail");
    const auto github = it.health({"--skip", "config", "--format", "github"}, bad).out;
    CHECK_THAT(github, ContainsSubstring("::error title=nightshift redis.ping::"));
}

TEST_CASE("it can be waited for, and only what is unhealthy may fail") {
    const Watched it;
    std::vector<std::string> words{"--only", "database.latency", "--warn",
                                   "database.latency=@0:1000"};
    CHECK(it.health(words).exit_code == 1);
    words.insert(words.end(), {"--fail-on", "unhealthy"});
    CHECK(it.health(words).exit_code == 0);
    // A schema that is migrated while it is waited for.
    it.database.query("ALTER TABLE nightshift.migrations RENAME TO away");
    std::thread mending{[&] {
        std::this_thread::sleep_for(1500ms);
        it.database.query("ALTER TABLE nightshift.away RENAME TO migrations");
    }};
    CHECK(it.health({"--only", "database.schema", "--wait", "30"}).exit_code == 0);
    mending.join();
}

TEST_CASE("what is no check, range or report is refused before anything is looked at") {
    const Watched it;
    for (const auto& words : std::vector<std::vector<std::string>>{{"--only", "nothing"},
                                                                   {"--warn", "database.latency"},
                                                                   {"--warn", "database.latency=a"},
                                                                   {"--warn", "database.version=1"},
                                                                   {"--report", "pdf=x"},
                                                                   {"--report", "junit"},
                                                                   {"--format", "pdf"},
                                                                   {"--explain", "database.lock"},
                                                                   {"--category", "weather"}}) {
        INFO(words.front());
        CHECK(it.health(words).exit_code == 64);
    }
    CHECK_THAT(it.health({"--explain", "database.locks"}).out, ContainsSubstring("pg_monitor"));
    CHECK_THAT(it.health({"--list"}).out, ContainsSubstring("database.wraparound"));
}

TEST_CASE("no secret stands in any format, and nothing is written") {
    const Watched it;
    const Values values{{"DATABASE_URL", "postgresql://app:Kd83jfu2Lq@127.0.0.1:1/app"},
                        {"REDIS_URL", "redis://:Zt55pwq8Xa@127.0.0.1:1/0"},
                        {"SENDGRID_API_KEY", "s3cr3t-k3y"}};
    for (const auto* format :
         {"human", "json", "health+json", "nagios", "prometheus", "junit", "github"}) {
        const auto finished = it.health({"--format", format}, values);
        for (const auto* secret : {"Kd83jfu2Lq", "Zt55pwq8Xa", "s3cr3t-k3y"})
            CHECK((finished.out + finished.err).find(secret) == std::string::npos);
    }
}

TEST_CASE("Nagios is answered on standard output, whatever is wrong with the question") {
    const Watched it;
    for (const auto& words : std::vector<std::vector<std::string>>{
             {"--format", "nagios", "--nonsense"},
             {"--format=nagios", "--level", "deepest"},
             {"--format", "nagios", "--warn", "database.latency=a"},
             {"--format", "nagios", "--only", "nothing"}}) {
        INFO(words.back());
        const auto finished = it.health(words);
        CHECK(finished.exit_code == 3);
        CHECK(finished.out.starts_with("NIGHTSHIFT UNKNOWN: "));
    }
}

// A label in single quotes, a value with its unit, two ranges; nagios-plugins.org/doc/guidelines.
TEST_CASE("the performance data can be read strictly") {
    const Watched it;
    const auto out = it.health({"--format", "nagios", "--skip", "config"}).out;
    const auto bar = out.find('|');
    REQUIRE(bar != std::string::npos);
    const std::string data = out.substr(bar + 2, out.find('\n') - bar - 2);
    const std::regex one{
        "'([^'=]+)'=-?[0-9]+(\\.[0-9]+)?(ms|s|%|B)?;"
        "[-0-9.:@~]*;[-0-9.:@~]*( |$)"};
    std::string rest = data;
    std::set<std::string> labels;  // of which 19 characters count
    std::size_t found = 0;
    for (std::smatch match;
         std::regex_search(rest, match, one, std::regex_constants::match_continuous);
         rest = match.suffix()) {
        labels.insert(match[1].str().substr(0, 19));
        ++found;
    }
    CHECK(rest.empty());
    CHECK(found > 15);
    CHECK(labels.size() == found);
}

TEST_CASE("GitHub's summary of a step has every check, the worst first") {
    const Watched it;
    const TemporaryFolder folder;
    const auto summary = folder.file("summary.md", "before\n");
    CHECK(it.health({"--format", "github", "--skip", "config"},
                    {{"REDIS_URL", "redis://127.0.0.1:1/0"}, {"GITHUB_STEP_SUMMARY", summary}})
              .exit_code == 2);
    std::ifstream file{summary};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    CHECK(text.starts_with("before\n### nightshift is unhealthy"));
    CHECK(text.find("| unhealthy | redis.ping |") < text.find("| healthy | database.connect |"));
}
