#include "base/log.hpp"

#include "base/instant.hpp"
#include "base/redaction.hpp"
#include "support/captured_stderr.hpp"
#include "support/catch.hpp"

#include <map>
#include <sstream>
#include <thread>

#include <nlohmann/json.hpp>

using namespace nightshift;
using test::CapturedStderr;

namespace {

// Back to what a program has that never configured its log.
struct Configured {
    explicit Configured(log::Options options) { log::configure(std::move(options)); }
    ~Configured() {
        log::configure({.level = log::Level::warning,
                        .format = log::Format::plain,
                        .command = {},
                        .run_id = {},
                        .filter = {}});
    }
    Configured(const Configured&) = delete;
    Configured& operator=(const Configured&) = delete;
};

log::Options options(log::Level level, log::Format format) {
    return {.level = level, .format = format, .command = "weave", .run_id = "01RUN", .filter = {}};
}

void one_of_each() {
    log::debug("d", {{"n", "1"}});
    log::info("i", {{"n", "2"}, {"of", "two words"}});
    log::warning("w", {{"n", "3"}});
    log::error("e", {{"why", "it broke"}, {"fix", "mend it"}});
}

std::vector<std::string> lines_of(const std::string& text) {
    std::istringstream stream{text};
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

}  // namespace

TEST_CASE("without configuration warnings and errors are written, plainly") {
    const CapturedStderr captured;
    one_of_each();
    CHECK(captured.text() ==
          "nightshift: warning: w  n=3\n"
          "nightshift: e\n  why: it broke\n  fix: mend it\n");
}

TEST_CASE("a level leaves out what is below it") {
    using log::Level;
    for (const auto& [level, lines] : {std::pair{Level::debug, 6U},
                                       {Level::info, 5U},
                                       {Level::warning, 4U},
                                       {Level::error, 3U}}) {
        const CapturedStderr captured;
        const Configured configured{options(level, log::Format::plain)};
        one_of_each();
        INFO(captured.text());
        CHECK(lines_of(captured.text()).size() == lines);
    }
}

TEST_CASE("for people a line is plain, and an error's fields stand on lines of their own") {
    const CapturedStderr captured;
    const Configured configured{options(log::Level::debug, log::Format::plain)};
    one_of_each();
    CHECK(captured.text() ==
          "nightshift: d  n=1\n"
          "nightshift: i  n=2  of=two words\n"
          "nightshift: warning: w  n=3\n"
          "nightshift: e\n  why: it broke\n  fix: mend it\n");
}

TEST_CASE("for collectors a line is one JSON object with command and run id") {
    const CapturedStderr captured;
    const Configured configured{options(log::Level::debug, log::Format::json)};
    one_of_each();
    const auto lines = lines_of(captured.text());
    REQUIRE(lines.size() == 4);
    const char* levels[] = {"debug", "info", "warning", "error"};
    const char* messages[] = {"d", "i", "w", "e"};
    for (std::size_t i = 0; i < lines.size(); ++i) {
        INFO(lines[i]);
        const auto line = nlohmann::json::parse(lines[i]);
        CHECK(line["level"] == levels[i]);
        CHECK(line["message"] == messages[i]);
        CHECK(line["command"] == "weave");
        CHECK(line["run_id"] == "01RUN");
        CHECK(parse_instant(line["time"].get<std::string>()));
    }
    CHECK(nlohmann::json::parse(lines[1])["of"] == "two words");
    CHECK(nlohmann::json::parse(lines[3])["fix"] == "mend it");
}

TEST_CASE("a message with line ends, quotes or broken UTF-8 is still one JSON line") {
    const CapturedStderr captured;
    const Configured configured{options(log::Level::info, log::Format::json)};
    log::info("two\nlines \"quoted\" \\", {{"bytes", "caf\xE9"}});
    const auto lines = lines_of(captured.text());
    REQUIRE(lines.size() == 1);
    const auto line = nlohmann::json::parse(lines[0]);
    CHECK(line["message"] == "two\nlines \"quoted\" \\");
    CHECK(line["bytes"] == "caf\uFFFD");
}

TEST_CASE("everything passes the filter before it is written") {
    for (const auto format : {log::Format::plain, log::Format::json}) {
        const CapturedStderr captured;
        auto filtered = options(log::Level::debug, format);
        filtered.filter = [](std::string text) {
            for (auto at = text.find("hush"); at != std::string::npos; at = text.find("hush")) {
                text.replace(at, 4, "****");
            }
            return text;
        };
        const Configured configured{filtered};
        log::debug("hush");
        log::info("a hush b", {{"field", "hush"}});
        log::warning("x", {{"y", "hush hush"}});
        log::error("hush", {{"why", "hush"}});
        INFO(captured.text());
        CHECK(captured.text().find("hush") == std::string::npos);
        CHECK(captured.text().find("a **** b") != std::string::npos);
    }
}

TEST_CASE("a secret with characters that JSON escapes is not in a JSON line either") {
    for (const std::string secret : {"quo\"ted-pw", "log\\slash-pw", "line\nend-pw"}) {
        const CapturedStderr captured;
        auto filtered = options(log::Level::info, log::Format::json);
        filtered.filter = redacted;
        const Configured configured{filtered};
        remember_secret(secret);
        log::info("it is " + secret, {{"why", "not " + secret}});
        const auto line = nlohmann::json::parse(captured.text());
        INFO(line);
        CHECK(line["message"] == "it is [redacted]");
        CHECK(line["why"] == "not [redacted]");
    }
}

TEST_CASE("lines of many threads do not run into one another") {
    const CapturedStderr captured;
    const Configured configured{options(log::Level::info, log::Format::json)};
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([i] {
                for (int j = 0; j < 100; ++j)
                    log::info(std::string(500, static_cast<char>('a' + i)));
            });
        }
    }
    std::map<std::string, int> counts;
    for (const auto& line : lines_of(captured.text())) {
        ++counts[nlohmann::json::parse(line)["message"].get<std::string>()];
    }
    CHECK(counts.size() == 8);
    for (const auto& [message, count] : counts) CHECK(count == 100);
}
