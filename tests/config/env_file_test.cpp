#include "config/env_file.hpp"

#include "support/catch.hpp"
#include "support/expect.hpp"
#include "support/servers.hpp"

using namespace nightshift;
using namespace nightshift::test;
using Values = std::map<std::string, std::string>;

namespace {

Values read(const std::string& content) {
    const TemporaryFolder folder;
    return config::read_env_file(folder.file("settings.env", content)).values;
}

struct Example {
    const char* line;
    const char* value;
};

}  // namespace

TEST_CASE("a line sets a value") {
    for (const auto& [line, value] : {
             Example{"NAME=value", "value"},
             {"NAME=", ""},
             {"  NAME = value  ", "value"},
             {"\tNAME\t=\tvalue\t", "value"},
             {"NAME=value\r", "value"},
             {"export NAME=value", "value"},
             {"export   NAME=value", "value"},
             {"NAME=a=b=c", "a=b=c"},
             {"NAME=two words", "two words"},
             {"NAME=value # comment", "value"},
             {"NAME=fragment#inside", "fragment#inside"},
             {"NAME=it's", "it's"},
             {"NAME=$HOME ${HOME} $(id)", "$HOME ${HOME} $(id)"},
             {"NAME=C:\\new\\table", "C:\\new\\table"},
             {"NAME=''", ""},
             {"NAME=\"\"", ""},
             {"NAME='  kept  '", "  kept  "},
             {"NAME='# \"no\" \\n \\\\ $HOME'", "# \"no\" \\n \\\\ $HOME"},
             {"NAME='value' # comment", "value"},
             {"NAME='value'#comment", "value"},
             {"NAME=\"  kept # too  \"", "  kept # too  "},
             {"NAME=\"a\\nb\\tc\\\"d\\\\e\\$f\"", "a\nb\tc\"d\\e$f"},
             {"NAME=\"$HOME 'x'\"", "$HOME 'x'"},
             {"NAME=\"ends in \\\\\"", "ends in \\"},
         }) {
        INFO(line);
        CHECK(read(line) == Values{{"NAME", value}});
        CHECK(read(std::string{"\n"} + line + "\n") == Values{{"NAME", value}});
    }
}

TEST_CASE("blank lines and comments are skipped, the last of two equal names wins") {
    CHECK(read("").empty());
    CHECK(read("\n  \n# NAME=no\n  # still not\n\r\n").empty());
    CHECK(read("A=1\nB_2=two\na=3\nA=4\n_=5\n") ==
          Values{{"A", "4"}, {"B_2", "two"}, {"_", "5"}, {"a", "3"}});
}

TEST_CASE("a value that is only a comment is empty") {
    CHECK(read("NAME= # fill in") == Values{{"NAME", ""}});
    CHECK(read("NAME=\t# fill in") == Values{{"NAME", ""}});
}

TEST_CASE("a malformed line is named by file and number and never shown") {
    for (const std::string line :
         {"hushhush", "=hushhush", "2HUSH=hushhush", "HUSH HUSH=hushhush", "HUSH-KEY=hushhush",
          "export", "export =hushhush", "NAME='hushhush", "NAME=\"hushhush", "NAME=\"hushhush\\\"",
          "NAME='hush' hush", "NAME=\"hush\"hush", "H\u00DCSH=hushhush"}) {
        const TemporaryFolder folder;
        const auto path = folder.file("settings.env", "A=1\n\n# three\n" + line + "\nB=2\n");
        const auto error = error_of([&] { config::read_env_file(path); });
        INFO(line << ": " << words_of(error));
        CHECK(error.failure == Failure::configuration);
        CHECK_THAT(error.what(), ContainsSubstring(path + ":4"));
        CHECK(words_of(error).find("hush") == std::string::npos);
        CHECK(words_of(error).find("HUSH") == std::string::npos);
    }
}

TEST_CASE("a settings file that cannot be read is named") {
    const TemporaryFolder folder;
    for (const auto& path : {(folder.path() / "missing.env").string(), folder.path().string()}) {
        INFO(path);
        const auto error = error_of([&] { config::read_env_file(path); });
        CHECK(error.failure == Failure::configuration);
        CHECK_THAT(error.what(), ContainsSubstring(path));
        CHECK_FALSE(error.cause.empty());
    }
}
