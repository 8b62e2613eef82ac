// Command lines that cannot be right, and those that mean the same.
#include "support/binary.hpp"
#include "support/catch.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

using namespace nightshift::test;
using Json = nlohmann::json;

namespace {

using Words = std::vector<std::string>;

std::string joined(const Words& words) {
    std::string text = "nightshift";
    for (const auto& word : words) text += " " + word;
    return text;
}

Finished refused(const Words& words) {
    const auto finished = run(nightshift::test::program(words, {{"LOG_FORMAT", "plain"}}));
    INFO(joined(words) << "\n" << finished.err);
    CHECK(finished.exit_code == 64);
    CHECK(finished.out.empty());
    CHECK(finished.err.starts_with("nightshift: "));
    return finished;
}

}  // namespace

TEST_CASE("help for a command that does not exist is a usage error") {
    const auto finished = run(program({"help", "nope"}));
    CHECK(finished.exit_code == 64);
    CHECK(finished.out.empty());
}

TEST_CASE("a command without its subcommand does not pass for done") {
    for (const auto& words : {std::vector<std::string>{"migrate"}, {"leaderboard"}, {"--json"}}) {
        const auto finished = run(program(words));
        CHECK(finished.exit_code == 64);
        CHECK_THAT(finished.err, ContainsSubstring("--help"));
    }
}

TEST_CASE("an unknown command or option is refused, and the nearest is named") {
    const std::vector<std::pair<Words, std::string>> lines{
        {{"migrat"}, "migrate"},
        {{"migrate", "stats"}, "status"},
        {{"migrate", "status", "--chek"}, "--check"},
        {{"migrate", "up", "--lock-wiat", "3"}, "--lock-wait"},
        {{"import-attempt", "a.csv"}, "import-attempts"},
        {{"recompute_leaderboard"}, "recompute-leaderboard"},
        {{"recompute-leaderboard", "--perod", "weekly"}, "--period"},
        {{"leaderbord", "top"}, "leaderboard"},
        {{"leaderboard", "top", "--usr", "1"}, "--user"},
        {{"--jsn", "migrate", "up"}, "--json"},
        {{"migrate", "up", "--quite"}, "--quiet"}};
    for (const auto& [words, meant] : lines) {
        INFO(joined(words));
        const auto finished = refused(words);
        CHECK_THAT(finished.err, ContainsSubstring("did you mean " + meant + "?"));
    }
}

TEST_CASE("where nothing is near, the help is named and nothing is guessed") {
    const auto command = refused({"frobnicate"});
    CHECK_THAT(command.err, ContainsSubstring("frobnicate"));
    CHECK_THAT(command.err, ContainsSubstring("nightshift --help"));
    CHECK_THAT(command.err, !ContainsSubstring("did you mean"));
    const auto option = refused({"migrate", "up", "--frobnicate"});
    CHECK_THAT(option.err, ContainsSubstring("--frobnicate"));
    CHECK_THAT(option.err, ContainsSubstring("nightshift migrate up --help"));
    CHECK_THAT(option.err, !ContainsSubstring("did you mean"));
    refused({"migrate", "up", "-x"});
    refused({"migrate", "up", "extra"});
    refused({"migrate", "up", "status"});
    refused({"leaderboard", "rank", "1", "2"});
}

TEST_CASE("a command line with one wrong word does nothing") {
    const Database database{Database::Schema::none};
    const auto finished = run(nightshift::test::program({"migrate", "up", "--frobnicate"},
                                                        {{"DATABASE_URL", database.url()}}));
    CHECK(finished.exit_code == 64);
    CHECK(database.query("SELECT to_regnamespace('nightshift')").empty());
}

TEST_CASE("names of commands and options cannot be abbreviated") {
    for (const Words& words : {Words{"migr", "up"}, Words{"migrate", "u"}, Words{"migrate", "stat"},
                               Words{"migrate", "up", "--dry"}, Words{"--js", "migrate", "up"},
                               Words{"recompute-leaderboard", "--peri", "weekly"},
                               Words{"leaderboard", "top", "--use", "1"}, Words{"MIGRATE", "up"},
                               Words{"migrate", "up", "--Dry-Run"}}) {
        refused(words);
    }
}

TEST_CASE("what is missing is named") {
    const std::vector<std::pair<Words, std::string>> lines{
        {{"recompute-leaderboard"}, "--period"},
        {{"recompute-leaderboard", "--period"}, "--period"},
        {{"import-attempts"}, "FILE"},
        {{"import-attempts", "--create-users"}, "FILE"},
        {{"leaderboard", "rank"}, "USER"},
        {{"leaderboard", "top", "--user"}, "--user"},
        {{"completion"}, "SHELL"},
        {{"migrate", "up", "--env-file"}, "--env-file"}};
    for (const auto& [words, missing] : lines) {
        CHECK_THAT(refused(words).err, ContainsSubstring(missing));
    }
}

TEST_CASE("a value that is none of the allowed ones is refused, and these are named") {
    const std::vector<std::pair<Words, std::string>> lines{
        {{"recompute-leaderboard", "--period", "daily"}, "monthly"},
        {{"recompute-leaderboard", "--period", "Weekly"}, "weekly"},
        {{"recompute-leaderboard", "--period", ""}, "weekly"},
        {{"leaderboard", "top", "--period", "week"}, "weekly"},
        {{"leaderboard", "rank", "1", "--period", "daily"}, "monthly"},
        {{"completion", "tcsh"}, "fish"},
        {{"--log-format", "xml", "migrate", "up"}, "plain"}};
    for (const auto& [words, allowed] : lines) {
        CHECK_THAT(refused(words).err, ContainsSubstring(allowed));
    }
}

TEST_CASE("a number that is none, or out of its range, is refused and its option named") {
    const std::vector<std::pair<std::string, Words>> options{
        {"--top", {"0", "-1", "10001", "abc", "1.5", "5x", "", "99999999999999999999"}},
        {"--ttl", {"59", "31536001", "1h", "-60"}},
        {"--lock-wait", {"-1", "86401", "1s", "nan", "inf", ""}}};
    for (const auto& [option, values] : options) {
        for (const auto& value : values) {
            const auto finished =
                refused({"recompute-leaderboard", "--period", "weekly", option, value});
            CHECK_THAT(finished.err, ContainsSubstring(option));
        }
    }
    CHECK_THAT(refused({"migrate", "up", "--lock-wait", "soon"}).err,
               ContainsSubstring("--lock-wait"));
    refused({"import-attempts", "a.csv", "--lock-wait", "soon"});
}

TEST_CASE("an as-of that is no instant is refused before anything is connected to") {
    for (const std::string value : {"yesterday", "2026-11-22", "2026-11-22T00:00:00",
                                    "2026-02-30T00:00:00Z", "2026-11-22T24:00:00Z"}) {
        const auto finished =
            refused({"recompute-leaderboard", "--period", "weekly", "--as-of", value});
        CHECK_THAT(finished.err, ContainsSubstring("--as-of: " + value));
    }
}

TEST_CASE("options of every command mean the same before and after its name") {
    const Installation installation;
    const auto status = [&](const Words& words) {
        auto finished = run(nightshift::test::program(
            words, {{"DATABASE_URL", installation.database.url()}, {"LOG_LEVEL", "debug"}}));
        INFO(joined(words) << "\n" << finished.err);
        CHECK(finished.exit_code == 0);
        return finished;
    };
    auto result = Json::parse(status({"--json", "migrate", "status"}).out);
    result.erase("run_id");
    for (const Words& words :
         {Words{"migrate", "--json", "status"}, Words{"migrate", "status", "--json"}}) {
        auto other = Json::parse(status(words).out);
        other.erase("run_id");
        CHECK(other == result);
    }

    CHECK(status({"-q", "migrate", "status"}).out.empty());
    CHECK(status({"migrate", "status", "--quiet"}).out.empty());
    const auto plain = status({"migrate", "status"}).out;
    CHECK_FALSE(plain.empty());
    CHECK(status({"-v", "--no-color", "migrate", "status"}).out == plain);
    CHECK(status({"migrate", "status", "--no-color", "-v"}).out == plain);

    const auto missing = [](const Words& words) {
        const auto finished = run(nightshift::test::program(words));
        CHECK(finished.exit_code == 78);
        return finished.err;
    };
    CHECK(missing({"--log-format", "plain", "--env-file", "/nonexistent", "migrate", "up"}) ==
          missing({"migrate", "up", "--env-file", "/nonexistent", "--log-format=plain"}));
}

TEST_CASE("completion prints a script for each shell") {
    for (const std::string shell : {"bash", "zsh", "fish"}) {
        const auto script = run(nightshift::test::program({"completion", shell}));
        INFO(shell);
        CHECK(script.exit_code == 0);
        CHECK(script.err.empty());
        CHECK_THAT(script.out, ContainsSubstring("nightshift __complete"));
        if (shell != "bash") continue;
        const auto parsed = run({.command = {"bash", "-n"}, .input = script.out});
        INFO(parsed.err);
        CHECK(parsed.exit_code == 0);
    }
}

TEST_CASE("bash completes subcommands and options with the printed script") {
    const std::string complete =
        "PATH=$(dirname \"$0\"):$PATH; source <(nightshift completion bash)\n"
        "COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _nightshift; echo \"${COMPREPLY[*]}\"";
    const auto reply = [&](const Words& words) {
        Words command{"bash", "-c", complete, binary()};
        command.insert(command.end(), words.begin(), words.end());
        const auto finished = run({.command = command});
        INFO(finished.err);
        CHECK(finished.exit_code == 0);
        return finished.out;
    };
    CHECK(reply({"nightshift", "mig"}) == "migrate\n");
    CHECK(reply({"nightshift", "migrate", "s"}) == "status\n");
    CHECK(reply({"nightshift", "migrate", "up", "--dry"}) == "--dry-run\n");
    CHECK(reply({"nightshift", "--quiet", "migrate", "status", "--ch"}) == "--check\n");
    CHECK(reply({"nightshift", "nothing-like-it"}) == "\n");
    CHECK(reply({"nightshift", "leaderboard", "top", "--period", ""}) == "weekly monthly\n");
    CHECK(reply({"nightshift", "leaderboard", "top", "--period", "m"}) == "monthly\n");
    CHECK(reply({"nightshift", "--log-format", "p"}) == "plain\n");
    CHECK(reply({"nightshift", "completion", "z"}) == "zsh\n");
    CHECK(reply({"nightshift", "--env-file", ""}) == "\n");  // the shell offers files
}

TEST_CASE("what can stand next is listed a line each, and needs no settings") {
    const auto words = run(nightshift::test::program({"__complete", "migrate"}));
    CHECK(words.exit_code == 0);
    CHECK(words.err.empty());
    for (const std::string word : {"up", "status", "--help", "--json", "--quiet", "--env-file"}) {
        INFO(word);
        CHECK_THAT("\n" + words.out, ContainsSubstring("\n" + word + "\n"));
    }
    CHECK_THAT(words.out, !ContainsSubstring("import-attempts"));
    const auto up = run(nightshift::test::program({"__complete", "migrate", "up"}));
    CHECK_THAT("\n" + up.out, ContainsSubstring("\n--dry-run\n"));
    CHECK_THAT(up.out, !ContainsSubstring("--check"));
    CHECK_THAT(run(nightshift::test::program({"__complete"})).out, !ContainsSubstring("__"));
    const auto crontab = run(nightshift::test::program({"__complete", "crontab"}));
    CHECK_THAT(crontab.out, ContainsSubstring("install") && !ContainsSubstring("settings"));
}
