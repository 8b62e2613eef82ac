#include "attempts/json_lines_reader.hpp"

#include "support/catch.hpp"
#include "support/expect.hpp"
#include "support/servers.hpp"

using namespace nightshift;
using namespace nightshift::test;
using attempts::ByteSource;
using attempts::Record;

namespace {

const std::vector<std::string_view> known{"id", "right", "note"};

// "line: field|field|field", a line each, after the header.
std::string read(const std::string& content) {
    const TemporaryFolder folder;
    ByteSource source{folder.file("in.jsonl", content)};
    const auto reader = attempts::open_records(source, known);
    Record record;
    REQUIRE(reader->next(record));
    CHECK(record.fields == known);
    std::string text;
    while (reader->next(record)) {
        if (!record.broken.empty()) throw reader->bad(record.line, record.broken, "");
        text += std::to_string(record.line) + ":";
        for (const auto field : record.fields) text += std::string{field} + "|";
        text += "\n";
    }
    return text;
}

std::string refusal(const std::string& content) {
    return error_of([&] { read(content); }).cause;
}

}  // namespace

TEST_CASE("an object a line, its values in the order of the columns") {
    CHECK(read("{\"id\":7,\"right\":true,\"note\":\"a, \\\"b\\\"\"}\n"
               "\r\n"
               "{ \"note\": null, \"right\": 0, \"other\": {\"id\": [1, {}]}, \"id\": \"x\" }\r\n"
               "{}") == "1:7|true|a, \"b\"|\n3:x|0||\n4:|||\n");
    CHECK(read("{\"id\":9223372036854775807}\n{\"id\":-1}\n{\"id\":1.0}\n{\"id\":1e40}\n"
               "{\"id\":99999999999999999999}") ==
          "1:9223372036854775807|||\n2:-1|||\n3:1.0|||\n4:1e40|||\n5:99999999999999999999|||\n");
}

TEST_CASE("lines of JSON survive the border between two blocks") {
    std::string content;
    std::string expected;
    for (int line = 1; line <= 20'000; ++line) {
        content += "{\"id\":" + std::to_string(line) + ",\"note\":\"\xC3\xA4\"}\n";
        expected += std::to_string(line) + ":" + std::to_string(line) + "||\xC3\xA4|\n";
    }
    CHECK(read(content) == expected);
}

TEST_CASE("after a line that is no JSON the next ones are read") {
    const TemporaryFolder folder;
    ByteSource source{folder.file("in.jsonl", "{}\n{\"id\":1\n{\"id\":2}\n")};
    const auto reader = attempts::open_records(source, known);
    Record record;
    for (int line = 0; line <= 2; ++line) REQUIRE(reader->next(record));
    CHECK(record.line == 2);
    CHECK_FALSE(record.broken.empty());
    CHECK(record.text == "{\"id\":1");
    REQUIRE(reader->next(record));
    CHECK(record.broken.empty());
    CHECK(record.fields[0] == "2");
}

TEST_CASE("what is no line of JSON is refused with its line") {
    CHECK_THAT(error_of([] { read("{}\n{\"id\":1\n{}\n"); }).what(),
               ContainsSubstring("in.jsonl:2"));
    CHECK(refusal("{}\n[1]") == "it is no JSON object");
    CHECK(refusal("{}\n7") == "it is no JSON object");
    CHECK(refusal("{}\n{} {}") == "it is no JSON from byte 4 on");
    CHECK(refusal("{\"id\":1,\"id\":2}") == "the key id stands twice");
    CHECK(refusal("{\"id\":{}}") == "the key id holds an object");
    CHECK(refusal("{\"id\":[]}") == "the key id holds an array");
    CHECK_THAT(refusal("{\"id\":1e400}"), ContainsSubstring("it is no JSON"));
    CHECK_THAT(refusal("{\"id\":\"\xFF\"}"), ContainsSubstring("it is no JSON"));
    CHECK(refusal("{\"note\":\"" + std::string(1'200'000, 'x') + "\"}") ==
          "it is longer than 1 MiB");
}
