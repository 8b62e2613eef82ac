// Imports of JSON Lines, and with rows that are left out.
#include "attempts/import_scene.hpp"

#include <filesystem>
#include <fstream>

#include <sys/stat.h>

using namespace nightshift;
using namespace nightshift::test;

namespace {

// With --keep-going, into a file of rejects.
struct Tolerant : Import {
    TemporaryFolder folder;
    std::string rejects = (folder.path() / "rejects.jsonl").string();

    Finished keep_going(std::vector<std::string> files, const std::string& input = {}) const {
        files.insert(files.end(), {"--keep-going", "--rejects", rejects, "--json"});
        return run(files, input);
    }
    std::vector<json> rejected() const {
        std::ifstream file{rejects};
        std::vector<json> lines;
        for (std::string line; std::getline(file, line);) lines.push_back(json::parse(line));
        return lines;
    }
};

}  // namespace

TEST_CASE("attempts are imported from JSON Lines as from CSV, with the same refusals") {
    const Import import;
    const auto report = import.report(
        R"({"user_id":1,"question_id":2,"is_correct":true,"skipped":false,)"
        R"("attempted_at":"2026-03-01T10:00:00.5Z","event_id":"e1","device":{"os":"x"}})"
        "\n\n"
        R"({"attempted_at":"2026-03-01T12:00:00+02:00","user_id":"2","question_id":3,"is_correct":0})"
        "\n");
    CHECK(report["inserted"] == 2);
    CHECK(import.database.rows(
              "SET TimeZone = 'UTC'; SELECT user_id, question_id, is_correct, skipped,"
              " attempted_at, event_id FROM attempts ORDER BY user_id") ==
          std::vector<std::vector<std::string>>{
              {"1", "2", "t", "f", "2026-03-01 10:00:00.5+00", "e1"},
              {"2", "3", "f", "f", "2026-03-01 10:00:00+00", ""}});
    // The same content, in the other format, is there already.
    CHECK(import.report("user_id,question_id,is_correct,attempted_at\n2,3,0,2026-03-01T10:00:00Z\n")
              ["already_there"] == 1);
    const auto refused = import.refusal(
        R"({"user_id":1,"question_id":2,"is_correct":null,"attempted_at":"2026-03-01T10:00:00Z"})");
    CHECK_THAT(refused, ContainsSubstring(":1") &&
                            ContainsSubstring("column is_correct: '' is neither true nor false"));
    CHECK(import.attempts() == "2");
}

TEST_CASE("rows that cannot be imported are left out and kept, with their reasons") {
    const Tolerant import;
    const auto file = import.folder.file("a.csv",
                                         "user_id,question_id,is_correct,attempted_at,device\n"
                                         "1,1,1,2026-03-01T10:00:00Z,x\n"
                                         "x,1,1,2026-03-01T10:00:00Z,x\n"
                                         "2,1,1\n"
                                         "77,1,1,2026-03-01T10:00:00Z,x\n"
                                         "2,88,0,2026-03-01T11:00:00+01:00,x\n"
                                         "3,1,0,2026-03-01T10:00:00Z,x\n");
    const auto finished = import.keep_going({file});
    INFO(finished.err);
    CHECK(finished.exit_code == 2);
    const auto report = json::parse(finished.out)["files"][0];
    CHECK(report["rows"] == 6);
    CHECK(report["inserted"] == 2);
    CHECK(report["already_there"] == 0);
    CHECK(report["rejected"] == 4);
    const auto rejected = import.rejected();
    REQUIRE(rejected.size() == 4);
    CHECK(rejected[0]["user_id"] == "x");
    CHECK(rejected[0]["rejected"]["line"] == 3);
    CHECK(rejected[0]["rejected"]["file"] == file);
    CHECK(rejected[0]["rejected"]["why"] == "column user_id: 'x' is no integer");
    CHECK_FALSE(rejected[0].contains("device"));
    CHECK(rejected[1]["rejected"]["line"] == 4);
    CHECK(rejected[2]["rejected"]["why"] == "no such user");
    CHECK(rejected[3]["rejected"]["why"] == "no such question");
    CHECK(rejected[3]["attempted_at"] == "2026-03-01T10:00:00.000000Z");
    // The rejects, corrected, are an import.
    import.database.query("INSERT INTO users (id, name) VALUES (77, 'late')");
    std::filesystem::copy_file(import.rejects, import.rejects + ".corrected");
    const auto again = import.keep_going({import.rejects + ".corrected"});
    CHECK(again.exit_code == 2);
    CHECK(json::parse(again.out)["files"][0]["inserted"] == 1);
    CHECK(import.rejected().size() == 7);
}

TEST_CASE("a line that is no JSON is kept as it stands, and the rest is imported") {
    const Tolerant import;
    const auto finished = import.keep_going(
        {"-"},
        R"({"user_id":1,"question_id":1,"is_correct":1,"attempted_at":"2026-03-01T10:00:00Z"})"
        "\n{\"user_id\":2,\xFF\n"
        R"({"user_id":3,"question_id":1,"is_correct":1,"attempted_at":"2026-03-01T10:00:00Z"})");
    INFO(finished.err);
    CHECK(finished.exit_code == 2);
    CHECK(import.attempts() == "2");
    const auto rejected = import.rejected();
    REQUIRE(rejected.size() == 1);
    CHECK(rejected[0]["rejected"]["line"] == 2);
    CHECK(rejected[0]["rejected"]["base64"] == "eyJ1c2VyX2lkIjoyLP8=");
}

TEST_CASE("a file that is refused leaves no rejects, and nothing rejected is 0") {
    const Tolerant import;
    const auto bad = import.folder.file("bad.csv",
                                        "user_id,question_id,is_correct,attempted_at\n"
                                        "x,1,1,2026-03-01T10:00:00Z\n"
                                        "1,\"1,1,2026-03-01T10:00:00Z\n");
    CHECK(import.keep_going({bad}).exit_code == 65);
    CHECK(import.rejected().empty());
    const auto good = import.folder.file("good.csv",
                                         "user_id,question_id,is_correct,attempted_at\n"
                                         "1,1,1,2026-03-01T10:00:00Z\n");
    CHECK(import.keep_going({good}).exit_code == 0);
    CHECK(import.rejected().empty());
    CHECK(import.run({good, "--keep-going"}).exit_code == 64);
    CHECK(import.run({good, "--rejects", import.rejects}).exit_code == 64);
    CHECK(import.run({good, "--keep-going", "--rejects", "/nonexistent/x"}).exit_code == 74);
    CHECK(import.run({good, "--keep-going", "--rejects", "/dev/full"}).exit_code == 0);
    CHECK(import.run({bad, "--keep-going", "--rejects", "/dev/full"}).exit_code == 65);
    const auto rejecting = import.folder.file("r.csv",
                                              "user_id,question_id,is_correct,attempted_at\n"
                                              "x,1,1,2026-03-01T10:00:00Z\n"
                                              "5,1,1,2026-03-01T10:00:00Z\n");
    CHECK(import.run({rejecting, "--keep-going", "--rejects", "/dev/full"}).exit_code == 74);
    CHECK(import.attempts() == "1");
}

TEST_CASE("a row that is left out is left out again, as long as nobody corrects it") {
    const Tolerant import;
    const auto csv =
        import.folder.file("odd.csv",
                           "user_id,question_id,is_correct,attempted_at,event_id,note\n"
                           "1,1,1,2026-01-01T00:00:00Z,ev,hello,1\n"
                           "1,1,1,2026-01-01T00:00:01Z,caf\xE9,x\n"
                           "1,1,1,2026-01-01T00:00:02Z\n"
                           "1,1,maybe,2026-01-01T00:00:03Z,e3,note3\n");
    const std::string row =
        R"({"user_id":1,"question_id":1,"is_correct":true,"attempted_at":"2026-01-01T00:00:00Z",)";
    const auto lines =
        import.folder.file("odd.jsonl", row + R"("skipped":tru,"event_id":"a2"})" + "\n" + row +
                                            R"("user_id":2,"event_id":"a3"})" + "\n" + row +
                                            "\"event_id\":\"\xFF\"}\n" + row + "\"event_id\":\"" +
                                            std::string(999'000, '\\') + "\n" + "[1]\n");
    CHECK(import.keep_going({csv, lines}).exit_code == 2);
    CHECK(import.attempts() == "0");
    const auto rejected = import.rejected();
    REQUIRE(rejected.size() == 9);
    CHECK(rejected[0]["rejected"]["text"] == "1,1,1,2026-01-01T00:00:00Z,ev,hello,1");
    CHECK(rejected[1]["rejected"]["base64"] == "MSwxLDEsMjAyNi0wMS0wMVQwMDowMDowMVosY2Fm6Sx4");
    CHECK(rejected[3]["is_correct"] == "maybe");
    const auto again = import.folder.file("again.jsonl", [&] {
        std::ifstream file{import.rejects};
        return std::string{std::istreambuf_iterator<char>{file}, {}};
    }());
    CHECK(import.keep_going({again}).exit_code == 2);
    CHECK(import.attempts() == "0");
    const auto twice = import.rejected();
    REQUIRE(twice.size() == 18);
    CHECK(twice[9] == twice[0]);  // not wrapped into itself
    CHECK(twice[10] == twice[1]);
    CHECK(twice[7]["rejected"]["cut_from"] > 900'000);
    CHECK(import.run({again}).exit_code == 65);
}

TEST_CASE("rejects go behind what stands in the file, and into nothing that is read") {
    const Tolerant import;
    import.folder.file("rejects.jsonl", R"({"x":1})");
    const auto bad = import.folder.file("bad.csv",
                                        "user_id,question_id,is_correct,attempted_at\n"
                                        "x,1,1,2026-03-01T10:00:00Z\n");
    CHECK(import.keep_going({bad}).exit_code == 2);
    CHECK(import.rejected().size() == 2);
    CHECK(import.run({bad, "--keep-going", "--rejects", bad}).exit_code == 64);
    std::filesystem::create_symlink(bad, bad + ".link");
    CHECK(import.run({bad, "--keep-going", "--rejects", bad + ".link"}).exit_code == 64);
    CHECK(import.run({"-", "--keep-going", "--rejects", "/dev/stdin"}, "x").exit_code != 0);
    const auto pipe = (import.folder.path() / "pipe").string();
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    CHECK(import.run({bad, "--keep-going", "--rejects", pipe}).exit_code == 74);
}

TEST_CASE("JSON Lines may begin with a byte order mark, and with blanks") {
    const Import import;
    const std::string row =
        R"({"user_id":1,"question_id":1,"is_correct":true,"attempted_at":"2026-01-01T00:00:0)";
    CHECK(import.report("\xEF\xBB\xBF" + row + "1Z\"}\r\n")["inserted"] == 1);
    CHECK(import.report("\r\n\n  " + row + "2Z\"}\n" + row + "3Z\"}")["inserted"] == 2);
    CHECK_THAT(import.refusal("\n\n" + row + "xZ\"}\n"), ContainsSubstring(":3"));
}
