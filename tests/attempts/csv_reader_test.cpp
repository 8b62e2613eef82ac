#include "attempts/csv_reader.hpp"

#include "support/catch.hpp"
#include "support/servers.hpp"

#include <fstream>

#include <zlib.h>

using namespace nightshift;
using namespace nightshift::test;
using attempts::ByteSource;
using attempts::CsvReader;
using attempts::Record;

namespace {

struct Line {
    std::int64_t line;
    std::vector<std::string> fields;
    bool operator==(const Line&) const = default;
};

std::vector<Line> read_file(const std::string& path) {
    ByteSource source{path};
    CsvReader reader{source};
    Record record;
    std::vector<Line> lines;
    while (reader.next(record)) {
        lines.push_back({record.line, {record.fields.begin(), record.fields.end()}});
    }
    return lines;
}

std::vector<Line> read(const std::string& content) {
    const TemporaryFolder folder;
    return read_file(folder.file("in.csv", content));
}

std::string refusal(const std::string& content) {
    try {
        read(content);
    } catch (const Error& error) {
        CHECK(error.failure == Failure::data);
        return std::string{error.what()} + ": " + error.cause;
    }
    return "accepted";
}

std::string gzipped(const std::string& content) {
    const TemporaryFolder folder;
    const auto path = folder.path() / "out.gz";
    gzFile file = ::gzopen(path.c_str(), "wb");
    ::gzwrite(file, content.data(), static_cast<unsigned>(content.size()));
    ::gzclose(file);
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

}  // namespace

TEST_CASE("LF, CRLF and CR end a line, with or without a last one") {
    const std::vector<Line> expected{{1, {"a", "b"}}, {2, {"1", "2"}}, {3, {"3", "4"}}};
    for (const std::string end : {"\n", "\r\n", "\r"}) {
        CHECK(read("a,b" + end + "1,2" + end + "3,4" + end) == expected);
        CHECK(read("a,b" + end + "1,2" + end + "3,4") == expected);
    }
}

TEST_CASE("lines are counted past blank lines and line ends within quotes") {
    for (const std::string end : {"\n", "\r\n"}) {
        const auto lines = read("a,b" + end + end + "\"x\ny\",2" + end + end + end + "3,4" + end);
        REQUIRE(lines.size() == 3);
        CHECK(lines[1] == Line{3, {"x\ny", "2"}});
        CHECK(lines[2] == Line{7, {"3", "4"}});
    }
}

TEST_CASE("quotes hold commas, quotes and blanks; a BOM is no part of the first field") {
    CHECK(read("\xEF\xBB\xBFname,b\n\"a,\"\"b\"\" \", c \n") ==
          std::vector<Line>{{1, {"name", "b"}}, {2, {"a,\"b\" ", "c"}}});
}

TEST_CASE("records survive the border between two blocks") {
    std::string content = "a,b\n";
    std::vector<Line> expected{{1, {"a", "b"}}};
    for (int i = 0; i < 20000; ++i) {
        content += std::to_string(i) + ",\"value, " + std::to_string(i) + "\"\n";
        expected.push_back({i + 2, {std::to_string(i), "value, " + std::to_string(i)}});
    }
    CHECK(read(content) == expected);
}

TEST_CASE("what is no CSV is refused with its line") {
    CHECK_THAT(refusal("a,b\n1,x\"y\"z\n"), ContainsSubstring(":2: a quote"));
    CHECK_THAT(refusal("a,b\n1,2\n\"never closed,3\n4,5\n"),
               ContainsSubstring("within a quoted field"));
    CHECK_THAT(refusal("a,b\n1,2\n3,\"" + std::string(10'000'000, 'x')),
               ContainsSubstring(":3: a field is longer than 1 MiB"));
    CHECK_THAT(refusal("a\n" + std::string(5000, ',') + "\n"), ContainsSubstring("1000 fields"));
    CHECK_THAT(refusal(std::string{"\xFF\xFE\x61\x00", 4}), ContainsSubstring("UTF-16"));
}

TEST_CASE("gzip is told by its bytes, and several members are one file") {
    const TemporaryFolder folder;
    const auto path = folder.file("named.csv", gzipped("a,b\n1,2\n") + gzipped("3,4\n"));
    CHECK(read_file(path) == std::vector<Line>{{1, {"a", "b"}}, {2, {"1", "2"}}, {3, {"3", "4"}}});
}

TEST_CASE("a gzip file that is cut off or damaged is refused") {
    std::string content = "a,b\n";
    for (int i = 0; i < 50000; ++i)
        content += std::to_string(i * 7919 % 10007) + "," + std::to_string(i) + "\n";
    const auto whole = gzipped(content);
    CHECK_THAT(refusal(whole.substr(0, whole.size() / 2)), ContainsSubstring("ends too early"));
    CHECK_THAT(refusal(whole.substr(0, whole.size() - 4)), ContainsSubstring("ends too early"));
    auto damaged = whole;
    for (std::size_t i = whole.size() / 2; i < whole.size() / 2 + 64; ++i) damaged[i] = '\x55';
    CHECK_THAT(refusal(damaged), ContainsSubstring("gzip data"));
}

TEST_CASE("a file that is not there, or is a folder, is said so") {
    const TemporaryFolder folder;
    for (const auto& [path, why] : {std::pair{std::string{"/no/such.csv"}, "No such file"},
                                    {folder.path().string(), "it is a folder"}}) {
        try {
            ByteSource source{path};
            FAIL("opened " << path);
        } catch (const Error& error) {
            CHECK(error.failure == Failure::data);
            CHECK_THAT(error.cause, ContainsSubstring(why));
        }
    }
}

TEST_CASE("a record of many large fields is refused before it fills the memory") {
    std::string row;
    for (int i = 0; i < 20; ++i) row += std::string(900'000, 'x') + ",";
    CHECK_THAT(refusal("a\n" + row + "\n"), ContainsSubstring("longer than 4 MiB"));
}

TEST_CASE("what follows a gzip member must be another whole one") {
    const auto first = gzipped("a,b\n1,2\n");
    const auto second = gzipped("3,4\n");
    CHECK(read(first + second).size() == 3);
    CHECK_THAT(refusal(first + "garbage"), ContainsSubstring("damaged gzip data"));
    CHECK_THAT(refusal(first + second.substr(0, 1)), ContainsSubstring("ends too early"));
    CHECK_THAT(refusal(first + second.substr(0, second.size() - 1)),
               ContainsSubstring("ends too early"));
}
