// nightshift health and config among hostile servers, odd names and passwords, and what monitors
// must never be told wrongly.
#include "health/health_scene.hpp"
#include "support/expect.hpp"
#include "support/loopback.hpp"

#include <csignal>
#include <fstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace nightshift::test;

namespace {

const std::vector<std::string> formats{"human",      "json",  "health+json", "nagios",
                                       "prometheus", "junit", "github"};

std::string with_password(const Database& database, const std::string& password) {
    auto url = database.url();
    return url.insert(url.find('@'), ":" + password);
}

bool is_read_by(const std::string& program, const std::string& text) {
    const auto read = run({.command = {"python3", "-c", program}, .input = text});
    INFO(read.err << text);
    CHECK(read.exit_code == 0);
    return read.exit_code == 0;
}

constexpr const char* xml = "import sys, xml.dom.minidom as d; d.parse(sys.stdin.buffer)";

}  // namespace

TEST_CASE("a password stays out of every format, however the format would write it") {
    const Watched it;
    const Redis redis{{"--rename-command", "AUTH", ""}};  // its error repeats what it was told
    const Values values{{"REDIS_URL", "redis://:sec%26ret%3Cpw%3E%7Cper%25cent%22q@127.0.0.1:" +
                                          std::to_string(redis.port()) + "/0"}};
    const TemporaryFolder folder;
    for (const auto& format : formats) {
        const auto summary = folder.file(format + ".md", "");
        auto all = values;
        all["GITHUB_STEP_SUMMARY"] = summary;
        const auto finished = it.health({"--only", "redis.ping", "--format", format}, all);
        std::ifstream file{summary};
        const auto text =
            finished.out + finished.err + std::string{std::istreambuf_iterator<char>{file}, {}};
        INFO(text);
        CHECK(finished.exit_code == 2);
        for (const auto* part : {"ret<", "ret&lt;", "per%", "cent\"", "cent&quot;", "sec&"})
            CHECK(text.find(part) == std::string::npos);
    }
}

TEST_CASE("a password that is a word of the formats' own changes none of them") {
    const Watched it;
    for (const auto* password : {"nightshift", "status", "check", "database", "1000", "redis"}) {
        INFO(password);
        const Values values{{"DATABASE_URL", with_password(it.database, password)}};
        const auto looked = it.looked({"--skip", "config"}, values);
        CHECK(status(looked, "database.connect") == "healthy");
        const auto metrics = it.health({"--format", "prometheus", "--skip", "config"}, values).out;
        CHECK(run({.command = {"promtool", "check", "metrics"}, .input = metrics}).exit_code == 0);
        const auto line = it.health({"--format", "nagios", "--skip", "config"}, values).out;
        CHECK(line.find("[redacted]") == std::string::npos);
        const auto json = it.health({"--format", "json", "--skip", "config"}, values).out;
        CHECK(Json::parse(json).at("services").contains("redis"));
        CHECK_FALSE(json.ends_with("\n\n"));
    }
    CHECK_THAT(run(program({"config", "check"},
                           {{"DATABASE_URL", with_password(it.database, "password")}}))
                   .out,
               ContainsSubstring("the password of Postgres is no secret"));
}

TEST_CASE("a lock on the ledger of migrations blinds that check alone, and leaves nobody waiting") {
    const Watched it;
    const auto holder = it.database.connect();
    holder->transaction("holding", [&](auto& transaction) {
        transaction.exec("LOCK TABLE nightshift.migrations");
        const auto looked = it.looked({"--only", "database"});
        CHECK(status(looked, "database.schema") == "unknown");
        CHECK_THAT(looked.at("database.schema").at("message").get<std::string>(),
                   ContainsSubstring("wait for a lock"));
        CHECK(status(looked, "database.locks") == "healthy");
        CHECK(status(looked, "database.keys") == "healthy");
        CHECK(it.database.query("SELECT count(*) FROM pg_stat_activity WHERE application_name = "
                                "'nightshift health' AND datname = current_database() AND "
                                "wait_event_type = 'Lock'") == "0");
    });
}

TEST_CASE("Nagios gets its line and 3, whatever fails before anything is looked at") {
    const Watched it;
    for (const auto& [words, values] : std::vector<std::pair<std::vector<std::string>, Values>>{
             {{}, {{"LOG_LEVEL", "bogus"}}},
             {{"--env-file", "/nowhere"}, {}},
             {{"--only", "redis", "--category", "database"}, {}}}) {
        auto all = words;
        all.insert(all.end(), {"--format", "nagios"});
        const auto finished = it.health(all, values);
        INFO(finished.err);
        CHECK(finished.exit_code == 3);
        CHECK(finished.out.starts_with("NIGHTSHIFT UNKNOWN: "));
    }
}

TEST_CASE("a report that cannot be written changes no verdict, and keeps no other from it") {
    const Watched it;
    const TemporaryFolder folder;
    const auto second = (folder.path() / "second.xml").string();
    const auto report = [&](std::vector<std::string> words) {
        words.insert(words.end(), {"--only", "redis.ping", "--report", "json=/nowhere/x",
                                   "--report", "junit=" + second});
        return it.health(words);
    };
    const auto bad = report({"--crit", "redis.ping=0", "--format", "nagios"});
    CHECK(bad.exit_code == 2);
    CHECK(bad.out.starts_with("NIGHTSHIFT CRITICAL"));
    CHECK(bad.out.find("UNKNOWN") == std::string::npos);
    CHECK_THAT(bad.err, ContainsSubstring("cannot write /nowhere/x"));
    CHECK(std::filesystem::exists(second));
    CHECK(report({"--crit", "redis.ping=0"}).exit_code == 2);
    CHECK(report({}).exit_code == 74);
}

TEST_CASE("what is asked of no check, and a range that is none, is refused") {
    const Watched it;
    for (const auto& words : std::vector<std::vector<std::string>>{
             {"--only", "redis.ping", "--category", "database"},
             {"--only", "redis.ping", "--skip", "redis"},
             {"--only", "redis.ping", "--warn", "twilio.balance=garbage"},
             {"--crit", "redis.ping=nan"},
             {"--crit", "redis.ping=inf:"}}) {
        INFO(words.back());
        CHECK(it.health(words).exit_code == 64);
    }
}

TEST_CASE("a count of bad looks that makes no sense alarms at once") {
    const Watched it;
    const TemporaryFolder folder;
    for (const auto* times : {"2147483647", "-1000000", "1e300", "0"}) {
        INFO(times);
        const auto file = folder.file(
            "state.json", std::string{R"({"schema_version":1,"checks":{"redis.ping":{"times":)"} +
                              times + R"(,"since":"2026-11-01T00:00:00Z"}}})");
        const auto looked = it.looked(
            {"--only", "redis.ping", "--crit", "redis.ping=0", "--in-a-row", "3", "--state", file});
        CHECK(status(looked, "") == "unhealthy");
    }
}

TEST_CASE("names and answers that are no UTF-8 or no XML leave every format readable") {
    const Watched it;
    it.database.query(
        "CREATE INDEX U&\"bad\\FFFE|a\\000A'b\" ON public.questions (id); UPDATE pg_index SET "
        "indisvalid = false WHERE indexrelid = (SELECT oid FROM pg_class WHERE relname LIKE "
        "'bad%')");
    const Loopback garbage{[](int connection, int) {
        std::string text;
        if (Loopback::read_some(connection, text))
            Loopback::send_all(connection, "-ERR \xff<&\r\n");
    }};
    const Values values{{"REDIS_URL", "redis://127.0.0.1:" + std::to_string(garbage.port())}};
    CHECK(is_read_by(xml, it.health({"--format", "junit"}, values).out));
    for (const auto& format : formats) {
        INFO(format);
        CHECK(is_read_by("import sys; sys.stdin.buffer.read().decode('utf-8')",
                         it.health({"--format", format}, values).out));
    }
    const auto nagios = it.health({"--format", "nagios", "--skip", "config"}, values).out;
    CHECK(std::count(nagios.begin(), nagios.end(), '|') == 1);
}

TEST_CASE("a Redis that never ends its answer is left, before it fills the memory") {
    const Watched it;
    const Loopback endless{[](int connection, int) {
        std::string text;
        if (!Loopback::read_some(connection, text)) return;
        Loopback::send_all(connection, "$100000000000\r\n");
        const std::string much(1 << 20, 'x');
        for (int i = 0; i < 80; ++i) Loopback::send_all(connection, much);
        while (Loopback::read_some(connection, text)) continue;
    }};
    const auto looked =
        it.looked({"--only", "redis.ping"},
                  {{"REDIS_URL", "redis://127.0.0.1:" + std::to_string(endless.port())}});
    CHECK(status(looked, "redis.ping") == "unhealthy");
    CHECK_THAT(looked.at("redis.ping").at("why").get<std::string>(),
               ContainsSubstring("larger than 64 MiB"));
}

TEST_CASE("a secret's file that is a pipe is read once, and waited for shortly") {
    const Watched it;
    const auto through_pipe =
        run({.command = {"bash", "-c",
                         "DATABASE_URL_FILE=<(echo \"$URL\") " + binary() +
                             " health --only database.connect --only config.database --quiet"},
             .environment = {{"URL", it.database.url()}, {"ENVIRONMENT", "testing"}}});
    INFO(through_pipe.out);
    CHECK(through_pipe.exit_code == 0);

    const TemporaryFolder folder;
    const auto pipe = (folder.path() / "pipe").string();
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    const auto said = [&](const std::string& path) {
        return run(program({"config", "check"},
                           {{"DATABASE_URL", it.database.url()}, {"SECRET_KEY_FILE", path}}))
            .out;
    };
    CHECK_THAT(said(pipe), ContainsSubstring("it is empty"));
    const int silent = ::open(pipe.c_str(), O_RDWR | O_CLOEXEC);
    CHECK_THAT(said(pipe), ContainsSubstring("nothing came of it in two seconds"));
    ::close(silent);
    CHECK_THAT(said("/dev/zero"), ContainsSubstring("larger than 64 KiB"));
    CHECK_THAT(said("/tmp"), ContainsSubstring("it is a folder"));
}

TEST_CASE("what Kubernetes and Amazon set by themselves is no fault, a port that is none is one") {
    const auto said = [](const Values& more) {
        Values values{
            {"ENVIRONMENT", "production"},
            {"DATABASE_URL", "postgresql://app:Kd83jfu2Lq@db.example/app?sslmode=verify-full"}};
        for (const auto& [name, value] : more) values[name] = value;
        return run(program({"config", "check"}, values)).out;
    };
    const auto linked =
        said({{"NIGHTSHIFT_SERVICE_HOST", "10.0.0.1"},
              {"NIGHTSHIFT_SERVICE_PORT", "80"},
              {"NIGHTSHIFT_PORT", "tcp://10.0.0.1:80"},
              {"NIGHTSHIFT_PORT_80_TCP_ADDR", "10.0.0.1"},
              {"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1/credentials"}});
    CHECK(linked.find("NIGHTSHIFT_") == std::string::npos);
    CHECK(linked.find("AWS_") == std::string::npos);
    CHECK_THAT(said({{"DATABASE_URL", "postgresql://app:x@127.0.0.1:abc/app"}}),
               ContainsSubstring("its port is none from 1 to 65535"));
}
