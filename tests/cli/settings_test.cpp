// Settings as an operator gives them to the program, and what must never be seen of them.
#include "support/binary.hpp"
#include "support/catch.hpp"

using namespace nightshift::test;

namespace {

using Words = std::vector<std::string>;
using Environment = std::map<std::string, std::string>;

Finished call(const Words& words, Environment environment, const std::string& input = {}) {
    environment.try_emplace("LOG_FORMAT", "plain");
    return run(nightshift::test::program(words, std::move(environment), input));
}

// Neither stream shows the secret, nor the part of it that is like nothing else.
void hides(const Finished& finished, const std::string& secret, const std::string& part) {
    INFO("stdout: " << finished.out << "\nstderr: " << finished.err);
    for (const auto& text : {finished.out, finished.err}) {
        CHECK_THAT(text, !ContainsSubstring(secret));
        CHECK_THAT(text, !ContainsSubstring(part));
    }
}

// Every way that a failure is told: plain and JSON log, text and document.
const std::vector<Words> tellings{
    {"-v"}, {"-v", "--json"}, {"-v", "--log-format", "json"}, {"-v", "--json", "--quiet"}};

void fails_without_telling(Words words, const Environment& environment, int exit_code,
                           const std::string& secret, const std::string& part) {
    for (const auto& telling : tellings) {
        auto all = words;
        all.insert(all.end(), telling.begin(), telling.end());
        const auto finished = call(all, environment);
        INFO(finished.err);
        CHECK(finished.exit_code == exit_code);
        CHECK_FALSE(finished.err.empty());
        hides(finished, secret, part);
    }
}

}  // namespace

TEST_CASE("a command without DATABASE_URL ends with 78 and names it") {
    const std::vector<Words> commands{{"migrate", "up"},
                                      {"migrate", "up", "--dry-run"},
                                      {"migrate", "status"},
                                      {"import-attempts", "/nonexistent"},
                                      {"recompute-leaderboard", "--period", "weekly"},
                                      {"recompute-leaderboard", "--period", "weekly", "--dry-run"}};
    for (const auto& words : commands) {
        for (const Environment& environment : {Environment{}, Environment{{"DATABASE_URL", ""}},
                                               Environment{{"REDIS_URL", "redis://127.0.0.1:1"}}}) {
            const auto finished = call(words, environment);
            INFO(words.front());
            CHECK(finished.exit_code == 78);
            CHECK(finished.out.empty());
            CHECK_THAT(finished.err, ContainsSubstring("DATABASE_URL is not set"));
            CHECK_THAT(finished.err, ContainsSubstring("fix: set it, for example DATABASE_URL="));
        }
    }
}

TEST_CASE("a command that needs Redis and has no REDIS_URL ends with 78 and names it") {
    const Installation installation;
    auto environment = installation.environment();
    environment.erase("REDIS_URL");
    for (const Words& words : {Words{"recompute-leaderboard", "--period", "weekly"},
                               Words{"leaderboard", "top"}, Words{"leaderboard", "rank", "1"}}) {
        const auto finished = call(words, environment);
        CHECK(finished.exit_code == 78);
        CHECK_THAT(finished.err, ContainsSubstring("REDIS_URL is not set"));
    }
    CHECK(
        call({"recompute-leaderboard", "--period", "weekly", "--dry-run"}, environment).exit_code ==
        0);
}

TEST_CASE("a setting and its _FILE in the same place are refused with 78") {
    const Database database;
    const TemporaryFolder folder;
    const auto secret = folder.file("url", database.url() + "\n");
    std::filesystem::permissions(secret, std::filesystem::perms::owner_read);
    const auto refused = [](const Finished& finished) {
        INFO(finished.err);
        CHECK(finished.exit_code == 78);
        CHECK(finished.out.empty());
        CHECK_THAT(finished.err,
                   ContainsSubstring("DATABASE_URL and DATABASE_URL_FILE are both set"));
    };
    refused(call({"migrate", "status"},
                 {{"DATABASE_URL", database.url()}, {"DATABASE_URL_FILE", secret}}));
    const auto both = folder.file(
        "both.env", "DATABASE_URL='" + database.url() + "'\nDATABASE_URL_FILE=" + secret + "\n");
    refused(call({"migrate", "status", "--env-file", both}, {}));

    // The environment has the last word over the file, in either form.
    const auto wrong = folder.file("wrong.env", "DATABASE_URL=nonsense\n");
    const auto finished =
        call({"migrate", "status", "--env-file", wrong}, {{"DATABASE_URL_FILE", secret}});
    INFO(finished.err);
    CHECK(finished.exit_code == 0);
    CHECK(finished.err.empty());
}

TEST_CASE("a _FILE that cannot be read is named") {
    const auto finished = call({"migrate", "status"}, {{"DATABASE_URL_FILE", "/nonexistent"}});
    CHECK(finished.exit_code == 78);
    CHECK_THAT(finished.err, ContainsSubstring("DATABASE_URL_FILE"));
    CHECK_THAT(finished.err, ContainsSubstring("/nonexistent: No such file"));
}

TEST_CASE("a password that Postgres refuses is not shown") {
    const Database database;
    const auto server = "@127.0.0.1:" + std::to_string(Postgres::shared().port()) + "/";
    for (const std::string password : {"planted-s3cret", "pl%40nt%2Fed%23s3cret%22%5C"}) {
        const Environment environment{
            {"DATABASE_URL", "postgresql://postgres:" + password + server + database.name()}};
        fails_without_telling({"migrate", "status"}, environment, 78, password, "s3cret");
        fails_without_telling({"import-attempts", "-"}, environment, 78, password, "s3cret");
    }
    const Environment keywords{{"DATABASE_URL",
                                "host=127.0.0.1 user=postgres password='pl s3cret'"
                                " port=" +
                                    std::to_string(Postgres::shared().port()) +
                                    " dbname=" + database.name()}};
    fails_without_telling({"migrate", "status"}, keywords, 78, "pl s3cret", "s3cret");
}

TEST_CASE("a password that Redis refuses is not shown") {
    const Redis redis{{"--requirepass", "the-right-one"}};
    const auto server = "@127.0.0.1:" + std::to_string(redis.port()) + "/0";
    for (const std::string login : {":planted-s3cret", "app:planted-s3cret", ":pl%40nt%2Fs3cret"}) {
        fails_without_telling({"leaderboard", "top"}, {{"REDIS_URL", "redis://" + login + server}},
                              78, login.substr(login.find(':') + 1), "s3cret");
    }
}

TEST_CASE("passwords for servers that are down are not shown") {
    const auto nobody = "@127.0.0.1:" + std::to_string(free_port());
    const Environment environment{
        {"DATABASE_URL", "postgresql://app:planted-s3cret" + nobody + "/app"},
        {"REDIS_URL", "redis://:planted-s3cret" + nobody}};
    fails_without_telling({"migrate", "up"}, environment, 69, "planted-s3cret", "s3cret");
    fails_without_telling({"leaderboard", "top"}, environment, 69, "planted-s3cret", "s3cret");
}

TEST_CASE("a DATABASE_URL that cannot be right ends with 78 and shows no part of its password") {
    for (const std::string url :
         {"postgresql://app:pl%s3cret@127.0.0.1:1/app",     // a % that is no escape
          "postgresql://app:pl@s3cret@127.0.0.1:1/app",     // @ and / that ought to be escaped
          "postgresql://app:pl/s3cret@127.0.0.1:1/app",     // (libpq takes a part for the host)
          "postgresql://app:p/l@s3cret#@127.0.0.1:1/app",   //
          "postgresql://app:pl?s3cret=@127.0.0.1:1:1/app",  //
          "postgresql://app:planted-s3cret@127.0.0.1:x/y",  // a port that is none
          "postgresql://app:planted-s3cret@127.0.0.1:99999999/app",
          "mysql://app:planted-s3cret@127.0.0.1:1/app",      //
          "app:planted-s3cret@127.0.0.1:1/app",              //
          "postgresql:/app:planted-s3cret@127.0.0.1:1/app",  //
          "host=127.0.0.1 port=1 password='planted-s3cret",  //
          "host=127.0.0.1 port=1 pasword=planted-s3cret"}) {
        INFO(url);
        fails_without_telling({"migrate", "status"}, {{"DATABASE_URL", url}}, 78, url, "s3cret");
    }
}

TEST_CASE("a REDIS_URL that cannot be right ends with 78 and shows no part of its password") {
    for (const std::string url :
         {"redis://:pl%s3cret@127.0.0.1:1", "redis://:planted-s3cret@127.0.0.1:x",
          "redis://:planted-s3cret@127.0.0.1:1/x", "redis://:pl@s3cret@127.0.0.1:1/x",
          "redis://:pl/s3cret@127.0.0.1:1/x", "rediss://:planted-s3cret@h:1?s3cret=1",
          "http://:planted-s3cret@127.0.0.1:1", ":planted-s3cret@127.0.0.1:1",
          "unix://:planted-s3cret@relative/path", "unix://:planted-s3cret@/path?s3cret=1"}) {
        INFO(url);
        fails_without_telling({"leaderboard", "top"}, {{"REDIS_URL", url}}, 78, url, "s3cret");
    }
}

TEST_CASE("a run that works shows no password either") {
    const Database database;
    const Redis redis{{"--requirepass", "planted-s3cret"}};
    database.query("CREATE ROLE keeper LOGIN SUPERUSER PASSWORD 'planted-s3cret'");
    const TemporaryFolder folder;
    const auto file = folder.file("url", "postgresql://keeper:planted-s3cret@127.0.0.1:" +
                                             std::to_string(Postgres::shared().port()) + "/" +
                                             database.name() + "\n");
    std::filesystem::permissions(file, std::filesystem::perms::owner_read);
    const Environment environment{{"DATABASE_URL_FILE", file}, {"REDIS_URL", redis.url()}};
    const std::vector<Words> commands{
        {"migrate", "status", "-v"},
        {"import-attempts", "-", "--create-users", "--create-questions", "-v"},
        {"recompute-leaderboard", "--period", "weekly", "-v", "--json"},
        {"leaderboard", "top", "-v"}};
    for (const auto& words : commands) {
        const auto finished = call(words, environment,
                                   "user_id,question_id,is_correct,attempted_at\n"
                                   "1,1,true,2026-01-05T10:00:00Z\n");
        INFO(words.front() << "\n" << finished.err);
        CHECK(finished.exit_code == 0);
        hides(finished, "planted-s3cret", "s3cret");
    }
    database.query("DROP ROLE keeper");
}
