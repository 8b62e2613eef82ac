// What nightshift says of itself: --help to the letter, and the man pages. The list of commands
// is the binary's own, so a new one without golden help and a man page fails here.
#include "support/binary.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>

using namespace nightshift::test;

namespace {

using Words = std::vector<std::string>;

// Settings that no command could use: who reads them fails.
const std::map<std::string, std::string> useless_settings{{"DATABASE_URL", "nonsense"},
                                                          {"DATABASE_URL_FILE", "/nonexistent"},
                                                          {"REDIS_URL", "nonsense"},
                                                          {"REDIS_URL_FILE", "/nonexistent"}};

Words with(Words words, const std::string& last) {
    words.push_back(last);
    return words;
}

Words next_words(Words command) {
    command.insert(command.begin(), "__complete");
    const auto finished = run(nightshift::test::program(command));
    REQUIRE(finished.exit_code == 0);
    std::istringstream lines{finished.out};
    Words words;
    for (std::string line; std::getline(lines, line);) words.push_back(line);
    return words;
}

bool is_option(const std::string& word) { return word.starts_with("--"); }

// As its help lists them.
Words subcommands(Words command) {
    command.emplace_back("--help");
    std::istringstream help{run(nightshift::test::program(command)).out};
    Words names;
    bool listed = false;
    for (std::string line; std::getline(help, line);) {
        if (line.empty()) listed = false;
        if (listed && line[2] != ' ') names.push_back(line.substr(2, line.find(' ', 2) - 2));
        if (line == "Commands:") listed = true;
    }
    return names;
}

// The words of every command and subcommand under `parent`, and `parent` itself first.
std::vector<Words> commands(const Words& parent = {}) {
    std::vector<Words> all{parent};
    for (const auto& word : subcommands(parent)) {
        const auto below = commands(with(parent, word));
        all.insert(all.end(), below.begin(), below.end());
    }
    return all;
}

// The options that a command has beyond those of every command.
std::set<std::string> own_options(const Words& command) {
    std::set<std::string> options;
    for (const auto& word : next_words(command)) {
        if (is_option(word)) options.insert(word);
    }
    for (const auto& word : next_words({})) options.erase(word);
    return options;
}

std::string joined(const Words& words, const std::string& between) {
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : between) + word;
    return text;
}

std::filesystem::path golden_folder() { return source() / "tests/cli/golden"; }

std::string golden_name(const Words& command) {
    return (command.empty() ? "nightshift" : joined(command, "-")) + ".help";
}

std::string content(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::string golden(const Words& command) { return content(golden_folder() / golden_name(command)); }

bool renewing() { return std::getenv("NIGHTSHIFT_RENEW_GOLDEN") != nullptr; }

Finished mandoc(Words arguments) {
    arguments.insert(arguments.begin(), "mandoc");
    const auto finished = run({.command = arguments});
    if (finished.exit_code == 127) FAIL("mandoc is missing: apt-get install mandoc");
    return finished;
}

std::filesystem::path man_page(const std::string& command) {
    return source() / "man" / (command.empty() ? "nightshift.1" : "nightshift-" + command + ".1");
}

// As a reader sees it, each paragraph on one line, without overstriking.
std::string rendered(const std::filesystem::path& page) {
    const auto finished = mandoc({"-T", "ascii", "-O", "width=1000", page});
    REQUIRE(finished.exit_code == 0);
    return std::regex_replace(finished.out, std::regex{".\b"}, "");
}

bool mentions(const std::string& text, const std::string& option) {
    return std::regex_search(text, std::regex{"(^|[^-a-z])" + option + "($|[^-a-z])"});
}

}  // namespace

TEST_CASE("every command's help is the golden one, on stdout alone, and needs no settings") {
    for (const auto& command : commands()) {
        const auto file = golden_folder() / golden_name(command);
        const auto help = run(nightshift::test::program(with(command, "--help"), useless_settings));
        if (renewing()) {
            std::ofstream{file, std::ios::binary} << help.out;
        }
        INFO(
            "where the new text is meant: NIGHTSHIFT_RENEW_GOLDEN=1 tests/run, then look at "
            "git diff tests/cli/golden");
        INFO("tests/cli/golden/" << golden_name(command));
        CHECK(std::filesystem::exists(file));
        CHECK(help.out == content(file));
        CHECK(help.exit_code == 0);
        CHECK(help.err.empty());
    }
}

TEST_CASE("no golden help and no man page outlives its command") {
    std::set<std::string> known;
    for (const auto& command : commands()) {
        known.insert(golden_name(command));
        if (command.size() < 2) known.insert(man_page(joined(command, "")).filename());
    }
    for (const auto& folder : {golden_folder(), source() / "man"}) {
        for (const auto& file : std::filesystem::directory_iterator{folder}) {
            INFO(file.path());
            CHECK(known.contains(file.path().filename()));
        }
    }
}

TEST_CASE("help can be asked for in every usual way") {
    const std::vector<std::pair<Words, Words>> ways{
        {{}, {}},
        {{"help"}, {}},
        {{"-h"}, {}},
        {{"--help"}, {}},
        {{"--no-such-option", "--help"}, {}},
        {{"help", "migrate"}, {"migrate"}},
        {{"help", "migrate", "up"}, {"migrate", "up"}},
        {{"migrate", "up", "-h"}, {"migrate", "up"}},
        {{"migrate", "-h", "up"}, {"migrate", "up"}},
        {{"-h", "migrate", "up"}, {"migrate", "up"}},
        {{"migrate", "up", "--no-such-option", "--help"}, {"migrate", "up"}},
        {{"migrate", "up", "--env-file", "/nonexistent", "--help"}, {"migrate", "up"}},
        {{"completion", "--help"}, {"completion"}},
        {{"import-attempts", "--help"}, {"import-attempts"}}};
    for (const auto& [words, command] : ways) {
        INFO("nightshift " << joined(words, " "));
        const auto help = run(nightshift::test::program(words, useless_settings));
        CHECK(help.exit_code == 0);
        CHECK(help.err.empty());
        CHECK(help.out == golden(command));
    }
}

TEST_CASE("the version is one line, asked for in either spelling, and needs no settings") {
    for (const Words& words :
         {Words{"--version"}, Words{"-V"}, Words{"migrate", "up", "--version"}}) {
        INFO("nightshift " << joined(words, " "));
        const auto version = run(nightshift::test::program(words, useless_settings));
        CHECK(version.exit_code == 0);
        CHECK(version.err.empty());
        CHECK(std::regex_match(version.out, std::regex{"nightshift [0-9]+\\.[0-9]+\\.[0-9]+\n"}));
    }
}

TEST_CASE("every command has a man page, and every option of it stands in there") {
    std::map<std::string, std::string> pages;
    for (const auto& command : commands()) {
        const auto name = command.empty() ? "" : command.front();
        const auto page = man_page(name);
        INFO(page.filename());
        REQUIRE(std::filesystem::exists(page));
        if (!pages.contains(name)) pages[name] = rendered(page);
        const auto text = pages[name];
        CHECK_THAT(text, ContainsSubstring(command.empty() ? "nightshift"
                                                           : "nightshift " + joined(command, " ")));
        for (const auto& option : own_options(command)) {
            INFO(joined(command, " ") << " " << option);
            CHECK(mentions(text, option));
        }
    }
}

TEST_CASE("nightshift(1) names every command, every option and every exit code") {
    const auto text = rendered(man_page(""));
    for (const auto& command : commands()) {
        INFO(joined(command, " "));
        if (!command.empty()) CHECK_THAT(text, ContainsSubstring(command.back()));
        if (command.size() == 1)
            CHECK_THAT(text, ContainsSubstring("nightshift-" + command[0] + "(1)"));
        for (const auto& option : command.empty() ? next_words({}) : next_words(command)) {
            INFO(option);
            if (is_option(option)) CHECK(mentions(text, option));
        }
    }
    const auto header = content(source() / "cmd/exit_code.hpp");
    const std::regex code{"= ([0-9]+),"};
    std::size_t codes = 0;
    for (std::sregex_iterator match{header.begin(), header.end(), code}, end; match != end;
         ++match) {
        INFO("exit code " << (*match)[1]);
        CHECK(std::regex_search(text, std::regex{"\n +" + (*match)[1].str() + " +[A-Z]"}));
        ++codes;
    }
    CHECK(codes > 10);
}

TEST_CASE("the man pages are clean by mandoc's lint") {
    for (const auto& page : std::filesystem::directory_iterator{source() / "man"}) {
        const auto lint = mandoc({"-T", "lint", "-W", "warning", page.path()});
        INFO(lint.out << lint.err);
        CHECK(lint.exit_code == 0);
    }
}
