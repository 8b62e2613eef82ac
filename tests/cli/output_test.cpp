// What stands on stdout, what on stderr: text, JSON, the log, an error.
#include "support/binary.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <sstream>

#include <nlohmann/json.hpp>

using namespace nightshift::test;
using Json = nlohmann::json;

namespace {

using Words = std::vector<std::string>;
using Environment = std::map<std::string, std::string>;

constexpr const char* attempts =
    "user_id,question_id,is_correct,attempted_at\n"
    "1,1,true,2026-01-05T10:00:00Z\n"
    "2,1,false,2026-01-05T11:00:00Z\n";
const Words weekly{"recompute-leaderboard", "--period", "weekly", "--as-of",
                   "2026-01-06T00:00:00Z"};

Words with(Words words, const Words& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

// The only document on stdout, of a command that failed with this code.
Json failure_document(const Finished& finished, int exit_code) {
    INFO("stdout: " << finished.out << "\nstderr: " << finished.err);
    CHECK(finished.exit_code == exit_code);
    const auto document = Json::parse(finished.out, nullptr, false);
    REQUIRE(document.is_object());  // not discarded: it is JSON, and nothing else stands there
    CHECK(document["schema_version"] == 1);
    CHECK(document["ok"] == false);
    CHECK(document["run_id"].is_string());
    REQUIRE(document.contains("error"));
    CHECK(document["error"]["exit_code"] == exit_code);
    CHECK_FALSE(document["error"]["message"].get<std::string>().empty());
    return document;
}

long line_count(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

}  // namespace

TEST_CASE("with --json a failure is one document with the error and its exit code") {
    const Environment nowhere{
        {"DATABASE_URL", "postgresql://127.0.0.1:" + std::to_string(free_port()) + "/app"},
        {"REDIS_URL", "redis://127.0.0.1:" + std::to_string(free_port())}};
    const auto json = [](const Words& words, const Environment& environment = {}) {
        return run(nightshift::test::program(with(words, {"--json"}), environment));
    };
    const auto unset = failure_document(json({"migrate", "up"}), 78);
    CHECK(unset["command"] == "migrate up");
    CHECK_THAT(unset["error"]["message"].get<std::string>(), ContainsSubstring("DATABASE_URL"));
    failure_document(json({"migrate", "status"}, nowhere), 69);
    failure_document(json({"leaderboard", "top"}, nowhere), 69);
    failure_document(json({"recompute-leaderboard", "--period", "weekly", "--as-of", "no"}), 64);

    const Installation installation;
    auto environment = installation.environment();
    failure_document(json({"leaderboard", "rank", "999"}, environment), 65);
    failure_document(
        json({"recompute-leaderboard", "--period", "weekly", "--as-of", "2999-01-01T00:00:00Z"},
             environment),
        77);
    installation.database.query(
        "INSERT INTO nightshift.migrations SELECT track, 9999, 'of_the_future', checksum, "
        "applied_at, "
        "duration_ms, applied_by FROM nightshift.migrations WHERE version = 1");
    failure_document(json({"migrate", "up"}, environment), 78);
    failure_document(json({"migrate", "status", "--check"}, environment), 78);
}

TEST_CASE("with --json a command line that cannot be right gives a document too") {
    for (const Words& words :
         {Words{"frobnicate", "--json"}, Words{"--json", "migrate", "up", "--frobnicate"},
          Words{"migrate", "up", "--lock-wait", "soon", "--json"},
          Words{"recompute-leaderboard", "--json"}}) {
        failure_document(run(nightshift::test::program(words)), 64);
    }
}

TEST_CASE("with --json an import that refuses a file says so in its document") {
    const Installation installation;
    const auto finished =
        installation.nightshift({"import-attempts", "-", "--json"}, "user_id\n1\n");
    CHECK(finished.exit_code == 65);
    const auto document = Json::parse(finished.out);
    CHECK(document["ok"] == false);
    CHECK_THAT(document["files"][0]["error"]["message"].get<std::string>(),
               ContainsSubstring("standard input:1"));
}

TEST_CASE("a success under --quiet prints nothing on either stream") {
    const Installation installation;
    const Database empty{Database::Schema::none};
    const auto silent = [](const Finished& finished) {
        INFO(finished.out << finished.err);
        CHECK(finished.exit_code == 0);
        CHECK(finished.out.empty());
        CHECK(finished.err.empty());
    };
    for (const Words& quiet : {Words{"--quiet"}, Words{"-q", "--json"}}) {
        const auto call = [&](const Words& words, const std::string& input = {}) {
            silent(installation.nightshift(with(words, quiet), input));
        };
        silent(run(nightshift::test::program(with({"migrate", "up"}, quiet),
                                             {{"DATABASE_URL", empty.url()}})));
        call({"migrate", "up"});
        call({"migrate", "up", "--dry-run"});
        call({"migrate", "status", "--check"});
        call({"import-attempts", "-", "--create-users", "--create-questions"}, attempts);
        call(with(weekly, {"--dry-run"}));
        call(weekly);
        call({"leaderboard", "top", "--user", "2"});
        call({"leaderboard", "rank", "1"});
        call({"completion", "zsh"});
    }
}

TEST_CASE("a failure under --quiet is not silent") {
    const auto unset = run(nightshift::test::program({"migrate", "up", "--quiet"}));
    CHECK(unset.exit_code == 78);
    CHECK_FALSE(unset.err.empty());
    const Installation installation;
    const auto absent = installation.nightshift({"leaderboard", "top", "--quiet"});
    CHECK(absent.exit_code == 1);
    CHECK_THAT(absent.out, ContainsSubstring("never published"));
}

TEST_CASE("elsewhere than on a terminal the log is JSON lines that carry the run id") {
    const Installation installation;
    auto environment = installation.environment();
    environment.erase("LOG_FORMAT");
    installation.nightshift({"import-attempts", "-", "--create-users", "--create-questions"},
                            attempts);
    const auto finished =
        run(nightshift::test::program(with(weekly, {"--json", "-v"}), environment));
    CHECK(finished.exit_code == 0);
    const auto run_id = Json::parse(finished.out)["run_id"];
    CHECK(line_count(finished.err) > 0);
    std::istringstream lines{finished.err};
    for (std::string text; std::getline(lines, text);) {
        INFO(text);
        const auto line = Json::parse(text);
        CHECK(line["run_id"] == run_id);
        CHECK(line["command"] == "recompute-leaderboard");
        CHECK(line["time"].get<std::string>().ends_with("Z"));
        CHECK(line["message"].is_string());
    }

    const auto failed = run(nightshift::test::program({"migrate", "up"}));
    CHECK(line_count(failed.err) == 1);
    const auto line = Json::parse(failed.err);
    CHECK(line["level"] == "error");
    CHECK(line["message"] == "DATABASE_URL is not set");
    CHECK(line.contains("why"));
    CHECK(line.contains("fix"));
}

TEST_CASE("LOG_FORMAT makes the log plain, and --log-format has the last word") {
    const Environment plain{{"LOG_FORMAT", "plain"}};
    const auto by_setting = run(nightshift::test::program({"migrate", "up"}, plain));
    CHECK(by_setting.err.starts_with("nightshift: DATABASE_URL is not set\n  why: "));
    CHECK_THAT(by_setting.err, ContainsSubstring("\n  fix: "));
    const auto by_option =
        run(nightshift::test::program({"migrate", "up", "--log-format", "json"}, plain));
    CHECK(Json::parse(by_option.err)["level"] == "error");
}

TEST_CASE("an error is at most four lines in plain format") {
    const auto port = std::to_string(free_port());
    const auto hosts =
        "postgresql://127.0.0.1:" + port + ",127.0.0.1:" + port + ",localhost:" + port + "/app";
    const std::vector<std::pair<Words, Environment>> calls{
        {{"migrate", "up"}, {}},
        {{"migrate", "up"}, {{"DATABASE_URL", "nonsense"}}},
        {{"migrate", "up"}, {{"DATABASE_URL", "postgresql:///app?host=/nonexistent"}}},
        {{"migrate", "up"}, {{"DATABASE_URL", hosts}}},  // the server's words are six lines
        {{"leaderboard", "top"}, {{"REDIS_URL", "redis://localhost:" + port}}},
        {{"migrat", "--jsn", "--quite", "--verbse"}, {}}};
    for (auto [words, environment] : calls) {
        environment["LOG_FORMAT"] = "plain";
        const auto finished = run(nightshift::test::program(words, environment));
        INFO(finished.err);
        CHECK(finished.exit_code != 0);
        CHECK(finished.err.starts_with("nightshift: "));
        CHECK(line_count(finished.err) >= 2);
        CHECK(line_count(finished.err) <= 4);
    }
}
