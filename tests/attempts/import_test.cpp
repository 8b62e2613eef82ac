#include "attempts/import_scene.hpp"
#include "support/expect.hpp"

#include <csignal>
#include <fstream>
#include <thread>

#include <sys/stat.h>

using namespace nightshift::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* header = "user_id,question_id,is_correct,skipped,attempted_at\n";

// An import from a named pipe that nobody writes yet. It has its lease.
struct PipedImport {
    PipedImport() {
        while (import.database.query(
                   "SELECT count(*) FROM nightshift.job_leases WHERE expires_at > now()") == "0") {
            REQUIRE(running.is_running());
        }
    }
    static std::string make_pipe(const TemporaryFolder& folder) {
        const auto path = (folder.path() / "pipe").string();
        REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
        return path;
    }

    Import import;
    TemporaryFolder folder;
    std::string pipe = make_pipe(folder);
    Background running{
        program({"import-attempts", pipe}, {{"DATABASE_URL", import.database.url()}})};
};

}  // namespace

TEST_CASE("attempts are imported with every value as it was written") {
    const Import import;
    const auto report = import.report(
        "attempted_at,skipped,user_id,is_correct,question_id,event_id,device\n"
        "2026-03-01T10:00:00.123456Z,0,1,1,2,e1,phone\n"
        "2026-03-01 12:00:00.5+02:00,yes,2,FALSE,3,,\"tab,let\"\n"
        "2026-03-01T12:00:00-0330,,3,t,4,\"tab\there \\N\",x\n");
    CHECK(report["rows"] == 3);
    CHECK(report["inserted"] == 3);
    CHECK(import.database.rows(
              "SET TimeZone = 'UTC'; SELECT user_id, question_id, is_correct, skipped,"
              " attempted_at, event_id FROM attempts ORDER BY user_id") ==
          std::vector<std::vector<std::string>>{
              {"1", "2", "t", "f", "2026-03-01 10:00:00.123456+00", "e1"},
              {"2", "3", "f", "t", "2026-03-01 10:00:00.5+00", ""},
              {"3", "4", "t", "f", "2026-03-01 15:30:00+00", "tab\there \\N"}});
}

TEST_CASE("the same file twice adds nothing, and exact duplicates within one file are kept") {
    const Import import;
    const auto csv = std::string{header} +
                     "1,1,1,0,2026-03-01T10:00:00Z\n1,1,1,0,2026-03-01T10:00:00Z\n"
                     "1,1,0,0,2026-03-01T10:00:00Z\n";
    CHECK(import.report(csv)["inserted"] == 3);
    const auto again = import.report(csv);
    CHECK(again["inserted"] == 0);
    CHECK(again["already_there"] == 3);
    CHECK(import.attempts() == "3");
}

TEST_CASE("a content that stands k times in the file ends with at least k rows") {
    const Import import;
    const std::string row = "1,1,1,0,2026-03-01T10:00:00Z\n";
    CHECK(import.report(header + row)["inserted"] == 1);
    CHECK(import.report(header + row + row + row)["inserted"] == 2);
    CHECK(import.report(header + row + row)["inserted"] == 0);
    // The same instant and boolean in other words are the same content.
    CHECK(import.report(std::string{header} +
                        "01,1,true,false,2026-03-01T12:00:00.000000+02:00\n")["inserted"] == 0);
    CHECK(import.attempts() == "3");
    // A NULL in skipped counts as false.
    import.database.query("UPDATE attempts SET skipped = NULL");
    CHECK(import.report(header + row + row + row)["inserted"] == 0);
}

TEST_CASE("an event is there once, however often it is sent, and the first content wins") {
    const Import import;
    const std::string events = "user_id,question_id,is_correct,attempted_at,event_id\n";
    const auto first = import.report(events +
                                     "1,1,1,2026-03-01T10:00:00Z,a\n"
                                     "2,1,1,2026-03-01T10:00:00Z,a\n"
                                     "1,1,1,2026-03-01T10:00:00Z,b\n");
    CHECK(first["inserted"] == 2);
    CHECK(first["conflicting"] == 1);
    const auto later =
        import.report(events + "1,1,1,2026-03-01T10:00:00Z,a\n3,3,0,2026-03-01T10:00:00Z,b\n");
    CHECK(later["inserted"] == 0);
    CHECK(later["conflicting"] == 1);
    CHECK(import.database.rows("SELECT user_id, event_id FROM attempts ORDER BY event_id") ==
          std::vector<std::vector<std::string>>{{"1", "a"}, {"1", "b"}});
}

TEST_CASE("rows without an event_id stand beside events of the same content") {
    const Import import;
    const std::string csv =
        "user_id,question_id,is_correct,attempted_at,event_id\n"
        "1,1,1,2026-03-01T10:00:00Z,a\n"
        "1,1,1,2026-03-01T10:00:00Z,\n";
    CHECK(import.report(csv)["inserted"] == 2);
    CHECK(import.report(csv)["inserted"] == 0);
    // Without its event_id the same attempt is known by its content.
    CHECK(import.report(std::string{header} + "1,1,1,0,2026-03-01T10:00:00Z\n")["inserted"] == 0);
}

TEST_CASE("unknown users and questions are refused with the first line, or created on request") {
    const Import import;
    const auto csv = std::string{header} +
                     "1,1,1,0,2026-03-01T10:00:00Z\n50,1,1,0,2026-03-01T10:00:00Z\n"
                     "60,70,1,0,2026-03-01T10:00:00Z\n";
    const auto users = import.refusal(csv);
    CHECK_THAT(users, ContainsSubstring("2 unknown users"));
    CHECK_THAT(users, ContainsSubstring("the first is 50, on line 3"));
    CHECK_THAT(users, ContainsSubstring("--create-users"));
    CHECK_THAT(import.refusal(csv, {"--create-users"}), ContainsSubstring("1 unknown question"));
    CHECK(import.database.query("SELECT count(*) FROM users") == "9");

    const auto report = import.report(csv, {"--create-users", "--create-questions"});
    CHECK(report["users_created"] == 2);
    CHECK(report["questions_created"] == 1);
    CHECK(import.database.query("SELECT name FROM users WHERE id = 60") == "user 60");
    // The app's own next insert must not collide with the ids that were brought along.
    CHECK(import.database.query("INSERT INTO users (name) VALUES ('new') RETURNING id") == "61");
    CHECK(import.database.query("INSERT INTO questions DEFAULT VALUES RETURNING id") == "71");
}

TEST_CASE("users that need more than a name are refused with the column") {
    const Import import;
    import.database.query(
        "ALTER TABLE users ADD COLUMN school text NOT NULL DEFAULT 'x';"
        "ALTER TABLE users ALTER COLUMN school DROP DEFAULT");
    const auto said =
        import.refusal(std::string{header} + "50,1,1,0,2026-03-01T10:00:00Z\n", {"--create-users"});
    CHECK_THAT(said, ContainsSubstring("school"));
}

TEST_CASE("a bad row is named with line, column and reason, and nothing of the file is kept") {
    const Import import;
    const std::string good = "1,1,1,0,2026-03-01T10:00:00Z\n";
    for (const auto& [row, column, why] : std::vector<std::array<std::string, 3>>{
             {"x,1,1,0,2026-03-01T10:00:00Z", "user_id: 'x'", "no integer"},
             {",1,1,0,2026-03-01T10:00:00Z", "user_id", "is empty"},
             {"99999999999999999999,1,1,0,2026-03-01T10:00:00Z", "user_id", "no integer"},
             {"1,1.5,1,0,2026-03-01T10:00:00Z", "question_id", "no integer"},
             {"1,1,maybe,0,2026-03-01T10:00:00Z", "is_correct: 'maybe'", "neither true nor false"},
             {"1,1,,0,2026-03-01T10:00:00Z", "is_correct", "neither true nor false"},
             {"1,1,1,2,2026-03-01T10:00:00Z", "skipped: '2'", "neither true nor false"},
             {"1,1,1,0,2026-02-30T10:00:00Z", "attempted_at: '2026-02-30T10:00:00Z'", "no time"},
             {"1,1,1,0,2026-03-01T24:00:00Z", "attempted_at", "no time"},
             {"1,1,1,0,", "attempted_at", "no time"},
             {"1,1,1,0,2026-03-01T10:00:00", "attempted_at", "has no offset"},
             {"1,1,1,0", "", "it has 4 fields, the header has 5"}}) {
        INFO(row);
        const auto said = import.refusal(header + good + good + row + "\n" + good);
        CHECK_THAT(said, ContainsSubstring("standard input:4"));
        CHECK_THAT(said, ContainsSubstring(column));
        CHECK_THAT(said, ContainsSubstring(why));
    }
}

TEST_CASE("a header that lacks a column, or names one twice, is refused") {
    const Import import;
    const auto missing = import.refusal("user_id,is_correct\n1,1\n");
    CHECK_THAT(missing, ContainsSubstring("no column question_id, attempted_at"));
    CHECK_THAT(import.refusal("user_id,user_id,question_id,is_correct,attempted_at\n"),
               ContainsSubstring("user_id stands twice"));
    CHECK_THAT(import.refusal(""), ContainsSubstring("the file is empty"));
}

TEST_CASE("an event_id that Postgres could not keep is refused before it gets there") {
    const Import import;
    const std::string start =
        "user_id,question_id,is_correct,attempted_at,event_id\n1,1,1,2026-03-01T10:00:00Z,";
    CHECK_THAT(import.refusal(start + std::string(1001, 'x') + "\n"),
               ContainsSubstring("longer than 1000 bytes"));
    CHECK_THAT(import.refusal(start + "\xC3(\n"), ContainsSubstring("is not UTF-8"));
    CHECK_THAT(import.refusal(start + std::string{"a\0b\n", 4}), ContainsSubstring("NUL byte"));
    CHECK_THAT(import.refusal(start + "\"" + std::string(10'000'000, 'x') + "\"\n"),
               ContainsSubstring("1 MiB"));
}

TEST_CASE("times without an offset are in the zone that was named, by Postgres's own rules") {
    const Import import;
    import.report(std::string{header} +
                      "1,1,1,0,2026-03-28T12:00:00\n1,2,1,0,2026-03-30T12:00:00\n"
                      "1,3,1,0,2026-03-30T12:00:00Z\n",
                  {"--zone", "europe/berlin"});
    CHECK(import.database.rows(
              "SET TimeZone = 'UTC'; SELECT attempted_at FROM attempts ORDER BY question_id") ==
          std::vector<std::vector<std::string>>{
              {"2026-03-28 11:00:00+00"}, {"2026-03-30 10:00:00+00"}, {"2026-03-30 12:00:00+00"}});
    for (const std::string zone : {"Foo+5", "Mars/Olympus"}) {
        const auto unknown = import.run({"-", "--zone", zone}, header);
        CHECK(unknown.exit_code == 64);
        CHECK_THAT(unknown.err, ContainsSubstring(zone));
    }
}

TEST_CASE("of several files the good ones are kept and the bad one is named") {
    const Import import;
    const TemporaryFolder folder;
    const auto good =
        folder.file("good.csv", std::string{header} + "1,1,1,0,2026-03-01T10:00:00Z\n");
    const auto bad = folder.file("bad.csv", std::string{header} + "1,1,1,0,never\n");
    const auto last =
        folder.file("last.csv", std::string{header} + "2,1,1,0,2026-03-01T10:00:00Z\n");
    const auto finished = import.run({good, bad, last, "--json"});
    CHECK(finished.exit_code == 65);
    CHECK_THAT(finished.err, ContainsSubstring(bad + ":2"));
    const auto files = json::parse(finished.out)["files"];
    CHECK(files[0]["inserted"] == 1);
    CHECK(files[1].contains("error"));
    CHECK(files[2]["inserted"] == 1);
    CHECK(import.attempts() == "2");
}

TEST_CASE("one import runs at a time") {
    const Import import;
    import.database.query(
        "INSERT INTO nightshift.job_leases VALUES ('import-attempts', 3, 'other', 'elsewhere', 1,"
        " 'its own', now(), now(), now() + interval '1 hour')");
    const auto busy = import.run({"-"}, header);
    CHECK(busy.exit_code == 75);
    CHECK_THAT(busy.err, ContainsSubstring("elsewhere"));
}

TEST_CASE("an import that Postgres ends in the middle keeps nothing and can be repeated") {
    const Import import;
    std::string csv = header;
    for (int i = 0; i < 200'000; ++i)
        csv += std::to_string(i % 9 + 1) + ",1,1,0,2026-03-01T10:00:00Z\n";
    const TemporaryFolder folder;
    const auto path = folder.file("log.csv", csv);
    {
        pqxx::connection blocker{import.database.url()};
        pqxx::work lock{blocker};
        lock.exec("LOCK TABLE attempts IN ACCESS EXCLUSIVE MODE");
        Background running{
            program({"import-attempts", path}, {{"DATABASE_URL", import.database.url()}})};
        while (import.database.query(
                   "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                   " AND application_name = 'nightshift import-attempts'") == "0") {
            REQUIRE(running.is_running());
        }
        import.database.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = "
            "'Lock'");
        CHECK(running.wait() == 69);
    }
    CHECK(import.attempts() == "0");
    CHECK(import.run({path}).exit_code == 0);
    CHECK(import.attempts() == "200000");
    CHECK(import.database.query(
              "SELECT count(*) FROM pg_class WHERE relname = 'attempts_staged'") == "0");
}

TEST_CASE("a file that is refused moves no sequence, and small ids move none back") {
    const Import import;
    const auto big = std::string{header} + "9223372036854775807,42,1,0,2026-03-01T10:00:00Z\n";
    import.refusal(big, {"--create-users"});
    CHECK(import.database.query("SELECT pg_sequence_last_value('users_id_seq')").empty());
    import.database.query("SELECT setval('users_id_seq', 500)");
    import.report(std::string{header} + "50,1,1,0,2026-03-01T10:00:00Z\n", {"--create-users"});
    CHECK(import.database.query("SELECT pg_sequence_last_value('users_id_seq')") == "500");
}

TEST_CASE("an import meets no table and no function but those it means") {
    const Import import;
    import.database.query(
        "CREATE TABLE public.attempts_staged (LIKE attempts);"
        "CREATE FUNCTION public.setval(regclass, bigint) RETURNS bigint LANGUAGE sql AS 'SELECT "
        "1/0::bigint';"
        "ALTER DATABASE " +
        import.database.name() + " SET search_path = public, pg_temp");
    const auto report =
        import.report(std::string{header} + "50,1,1,0,2026-03-01T10:00:00Z\n", {"--create-users"});
    CHECK(report["inserted"] == 1);
    CHECK(import.database.query("SELECT count(*) FROM public.attempts_staged") == "0");
}

TEST_CASE("a stop is heard while the input is silent, and nothing is kept") {
    for (const auto& [signal, code] : {std::pair{SIGINT, 130}, {SIGTERM, 143}}) {
        for (const bool with_writer : {false, true}) {
            INFO(signal << " " << with_writer);
            PipedImport piped;
            std::ofstream producer;
            if (with_writer) {
                producer.open(piped.pipe);
                producer << header << "1,1,1,0,2026-03-01T10:00:00Z\n" << std::flush;
            }
            piped.running.signal(signal);
            CHECK(piped.running.wait() == code);
            CHECK(piped.import.attempts() == "0");
        }
    }
}

TEST_CASE("an import whose input is still silent has no transaction open") {
    PipedImport piped;
    const auto nothing_open = [&piped] {
        return piped.import.database.query(
                   "SELECT count(*) FROM pg_stat_activity WHERE xact_start IS NOT NULL"
                   " AND application_name = 'nightshift import-attempts'") == "0";
    };
    CHECK(eventually(nothing_open));
    std::ofstream producer{piped.pipe};
    producer << header << std::flush;
    CHECK(eventually(nothing_open));
    producer << "1,1,1,0,2026-03-01T10:00:00Z\n";
    producer.close();
    CHECK(piped.running.wait() == 0);
    CHECK(piped.import.attempts() == "1");
}

TEST_CASE("an import that has lost its lease stops at the next row and keeps nothing") {
    PipedImport piped;
    piped.import.database.query("UPDATE nightshift.job_leases SET fence = fence + 1");
    std::signal(SIGPIPE, SIG_IGN);  // for the rows behind the one that it stops at
    std::ofstream producer{piped.pipe};
    producer << header;
    while (piped.running.is_running()) {
        for (int i = 0; i < 100; ++i) producer << "1,1,1,0,2026-03-01T10:00:00Z\n";
        producer.flush();
        std::this_thread::sleep_for(10ms);
    }
    CHECK(piped.running.wait() == 75);
    CHECK(piped.import.attempts() == "0");
}
