// An import as a user runs it.
#pragma once

#include "support/binary.hpp"
#include "support/catch.hpp"
#include "support/servers.hpp"

#include <nlohmann/json.hpp>

namespace nightshift::test {

using nlohmann::json;

// A migrated database with users and questions 1 to 9, and the import as a user runs it.
struct Import {
    Import() {
        database.query(
            "INSERT INTO users (id, name) SELECT n, 'u' FROM generate_series(1, 9) n;"
            "INSERT INTO questions (id) SELECT generate_series(1, 9)");
    }

    Finished run(std::vector<std::string> arguments, const std::string& input = {}) const {
        arguments.insert(arguments.begin(), "import-attempts");
        return test::run(program(std::move(arguments),
                                 {{"DATABASE_URL", database.url()}, {"LOG_FORMAT", "plain"}},
                                 input));
    }
    // From standard input; the report of the one file.
    json report(const std::string& csv, std::vector<std::string> options = {}) const {
        options.insert(options.end(), {"-", "--json"});
        const auto finished = run(options, csv);
        INFO(finished.err);
        REQUIRE(finished.exit_code == 0);
        return json::parse(finished.out)["files"][0];
    }
    // Refused with 65 and nothing kept; what was said.
    std::string refusal(const std::string& csv, std::vector<std::string> options = {}) const {
        const auto before = attempts();
        options.emplace_back("-");
        const auto finished = run(options, csv);
        INFO(finished.err);
        CHECK(finished.exit_code == 65);
        CHECK(attempts() == before);
        return finished.err;
    }
    std::string attempts() const { return database.query("SELECT count(*) FROM attempts"); }

    Database database;
};

}  // namespace nightshift::test
