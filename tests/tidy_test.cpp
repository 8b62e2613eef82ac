// The house rules that a compiler does not keep.
#include "support/binary.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace fs = std::filesystem;
using namespace nightshift::test;

namespace {

// Who may include whom. A new edge is a visible change of this table.
// base includes nothing of ours; every module may include base and itself; cmd may include all.
const std::map<std::string, std::set<std::string>> may_include{
    {"base", {}},
    // adapters
    {"config", {}},
    {"postgres", {}},
    {"redis", {}},
    {"http", {}},
    // domain
    {"migrations", {"postgres"}},
    {"schema", {"postgres", "migrations"}},
    {"jobs", {"postgres", "http"}},
    {"attempts", {"postgres", "jobs"}},
    {"leaderboard", {"postgres", "redis", "jobs"}},
    {"streaks", {"postgres", "jobs", "attempts"}},
    {"costs", {"postgres"}},
    {"notifications", {"postgres", "redis", "http", "jobs", "attempts", "leaderboard", "costs"}},
    {"media", {"postgres", "http"}},
    {"health",
     {"config", "costs", "postgres", "redis", "http", "jobs", "migrations", "schema", "leaderboard",
      "media", "notifications"}},
};

constexpr int longest_file = 400;
constexpr int longest_command = 210;  // its help text stands in it
constexpr std::size_t longest_line = 100;

std::vector<fs::path> files(const std::vector<std::string>& folders,
                            const std::set<std::string>& endings) {
    std::vector<fs::path> found;
    for (const auto& folder : folders) {
        for (const auto& entry : fs::recursive_directory_iterator{source() / folder}) {
            if (entry.is_regular_file() && endings.contains(entry.path().extension())) {
                found.push_back(entry.path());
            }
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

std::vector<std::string> lines(const fs::path& path) {
    std::ifstream file{path};
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
}

std::string content(const fs::path& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

// lib/jobs/lease.cpp is in the module jobs.
std::string module_of(const fs::path& path) {
    const auto relative = fs::relative(path, source() / "lib");
    return relative.begin()->string();
}

}  // namespace

TEST_CASE("includes run cmd, domain, adapters, base, and never back") {
    const std::regex include{R"(^\s*#include "([a-z_]+)/)"};
    for (const auto& path : files({"lib"}, {".cpp", ".hpp"})) {
        const auto module = module_of(path);
        INFO(path << " is in the module " << module);
        REQUIRE(may_include.contains(module));
        for (const auto& line : lines(path)) {
            std::smatch match;
            if (!std::regex_search(line, match, include)) continue;
            const std::string target = match[1];
            INFO(line);
            if (target == "pqxx") continue;
            CHECK(
                (target == module || target == "base" || may_include.at(module).contains(target)));
        }
    }
}

TEST_CASE("CLI11 is included by commands alone, and json by no shared header") {
    for (const auto& path : files({"lib"}, {".cpp", ".hpp"})) {
        INFO(path);
        const auto text = content(path);
        CHECK(text.find("CLI/CLI.hpp") == std::string::npos);
        if (path.extension() == ".hpp") CHECK(text.find("nlohmann/json.hpp") == std::string::npos);
    }
}

TEST_CASE("only commands write to stdout, read argv or end the process") {
    const std::regex forbidden{R"(std::cout|\bprintf\(|\bputs\(|std::exit|\babort\(\)|\bargv\b)"};
    for (const auto& path : files({"lib"}, {".cpp", ".hpp"})) {
        INFO(path);
        CHECK_FALSE(std::regex_search(content(path), forbidden));
    }
}

TEST_CASE("every header opens with what it is for, and is included once") {
    for (const auto& path : files({"lib", "cmd", "tests"}, {".hpp"})) {
        INFO(path);
        const auto text = lines(path);
        REQUIRE_FALSE(text.empty());
        CHECK(text[0].starts_with("// "));
        std::size_t opening = 0;
        while (opening < text.size() && text[opening].starts_with("//")) ++opening;
        CHECK(opening <= 14);
        CHECK(std::find(text.begin(), text.end(), "#pragma once") != text.end());
    }
}

TEST_CASE("files and lines stay short enough to read") {
    for (const auto& path : files({"lib", "cmd", "tests"}, {".cpp", ".hpp", ".sql", ".lua"})) {
        INFO(path);
        const auto text = lines(path);
        const bool command = path.parent_path().filename() == "cmd";
        CHECK(text.size() <= static_cast<std::size_t>(command ? longest_command : longest_file));
        for (const auto& line : text) {
            INFO(line);
            CHECK(line.size() <= longest_line + 20);  // the formatter leaves long literals alone
        }
    }
}

TEST_CASE("no name says nothing") {
    const std::regex banned{
        R"((^|[^a-z])(util|utils|helper|helpers|manager|common|misc|impl|data2)([^a-z]|$))",
        std::regex::icase};
    for (const auto& path : files({"lib", "cmd", "tests"}, {".cpp", ".hpp", ".sql", ".lua"})) {
        const auto name = path.filename().string();
        INFO(name);
        CHECK_FALSE(std::regex_search(name, banned));
    }
    const std::regex types{
        R"(\b(class|struct|namespace)\s+\w*(Util|Helper|Manager|Common|Misc|Impl)\w*)"};
    for (const auto& path : files({"lib", "cmd", "tests"}, {".cpp", ".hpp"})) {
        INFO(path);
        if (path.filename() == "tidy_test.cpp") continue;
        CHECK_FALSE(std::regex_search(content(path), types));
    }
}

TEST_CASE("SQL says what it takes and gives, and asks no clock of its own") {
    const std::regex clock{R"(\b(now\(\)|current_timestamp|localtimestamp|clock_timestamp\(\)))",
                           std::regex::icase};
    for (const auto& path : files({"lib"}, {".sql"})) {
        INFO(path);
        const auto text = content(path);
        CHECK(text.starts_with("-- "));
        if (path.parent_path().parent_path().filename() == "schema") continue;  // column defaults
        std::string statement;
        std::string comment;
        for (const auto& line : lines(path))
            (line.starts_with("--") ? comment : statement) += line + "\n";
        // Leases, the ledger and the default as-of use the database's clock, and say so.
        if (std::regex_search(statement, clock)) {
            std::transform(comment.begin(), comment.end(), comment.begin(),
                           [](unsigned char c) { return std::tolower(c); });
            CHECK_THAT(comment, ContainsSubstring("database"));
        }
    }
}

TEST_CASE("every embedded statement can be prepared on the migrated schema") {
    const Database database;
    for (const auto& folder : fs::directory_iterator{source() / "lib"}) {
        const bool has_sql = fs::is_directory(folder.path() / "sql");
        if (!has_sql) continue;
        pqxx::connection connection{database.url()};
        pqxx::nontransaction session{connection};
        std::vector<fs::path> found;
        for (const auto& file : fs::directory_iterator{folder.path() / "sql"}) {
            const bool migration = std::isdigit(file.path().filename().string().front()) != 0;
            if (!migration) found.push_back(file);
        }
        std::sort(found.begin(), found.end());  // create_... first
        std::vector<fs::path> statements;
        for (const auto& file : found) {
            const auto text = content(file);
            if (!std::regex_search(text, std::regex{"\n(CREATE|ALTER) "})) {
                statements.push_back(file);
            } else {  // what creates a table runs at once, and stays for the others
                INFO(file);
                if (text.find("ALTER VIEW") != std::string::npos) continue;  // for ids of uuid
                CHECK_NOTHROW(
                    session.exec(std::regex_replace(text, std::regex{"ON COMMIT DROP"}, "")));
            }
        }
        for (const auto& path : statements) {
            INFO(path);
            CHECK_NOTHROW(session.exec("PREPARE each AS " + content(path)));
            session.exec("DEALLOCATE ALL");
        }
    }
}

TEST_CASE("no SQL is glued together from strings") {
    // A statement with a join, a CTE or a rule is a file; what stands in C++ is one short line.
    const std::regex glued{R"re("\s*(SELECT|INSERT|UPDATE|DELETE)\b[^"]*"\s*\+)re"};
    for (const auto& path : files({"lib", "cmd"}, {".cpp"})) {
        INFO(path);
        CHECK_FALSE(std::regex_search(content(path), glued));
    }
}

TEST_CASE("the tree holds no path of a machine and no secret file") {
    for (const auto& path :
         files({"lib", "cmd", "tests", "cmake", "man", "examples", "completions"},
               {".cpp", ".hpp", ".sql", ".lua", ".cmake", ".1", ".txt", ""})) {
        INFO(path);
        if (path.filename() == "tidy_test.cpp") continue;
        CHECK_FALSE(std::regex_search(content(path), std::regex{"/(home|work|root)/[a-z]"}));
    }
}
