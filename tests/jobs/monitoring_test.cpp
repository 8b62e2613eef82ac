// Who watches jobs from outside: heartbeats, Sentry, metrics; and that they delay and fail nothing.
#include "http/sentry.hpp"
#include "jobs/heartbeat.hpp"
#include "support/binary.hpp"
#include "support/catch.hpp"
#include "support/expect.hpp"
#include "support/http_server.hpp"

#include <csignal>
#include <fstream>

#include <nlohmann/json.hpp>

using namespace nightshift;
using namespace nightshift::test;
using namespace nightshift::jobs;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

constexpr const char* ulid = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
constexpr const char* uuid = "/0b0e3a4e-6d2f-4f0c-9d8e-1f2a3b4c5d6e";
const std::vector<std::string> weekly{"recompute-leaderboard", "--period", "weekly"};

// The targets that a server was asked for, with the method; no more than asked within the time.
std::vector<std::string> targets(const HttpServer& server, std::size_t expected) {
    eventually([&] { return server.asked().size() >= expected; });
    std::vector<std::string> all;
    for (const auto& each : server.asked())
        all.push_back(each.method + " " + each.target.substr(0, each.target.find("rid=")));
    return all;
}

struct Watched : Installation {
    Finished job(const std::vector<std::string>& words,
                 const std::map<std::string, std::string>& settings) const {
        auto all = environment();
        for (const auto& [name, value] : settings) all[name] = value;
        return run(program(words, all));
    }
};

}  // namespace

TEST_CASE(
    "the process that delivers heartbeats reads no settings, and goes on behind one that hangs") {
    HttpServer server{[](const HttpAsked& asked) {
        if (asked.target != "/hangs") return HttpAnswer{};
        return HttpAnswer{.then = HttpAnswer::Then::hang, .says_nothing = true};
    }};
    TemporaryFolder folder;
    folder.file(".env", "no settings file at all");
    const auto order = [&server](const std::string& target) {
        const json request{
            {"method", "GET"}, {"url", server.url(target)}, {"headers", json::array()},
            {"body", ""},      {"timeout_ms", 60'000},      {"connect_timeout_ms", 1000},
            {"retries", 4},    {"of_unknown", true}};
        return json{{"requests", {request}}, {"if_lost", json::array()}}.dump() + "\n";
    };
    auto courier = program({"__courier"});
    courier.folder = folder.path().string();
    courier.input = order("/hangs") + order("/one") + order("/two");  // at once
    CHECK(run(courier).exit_code == 0);
    CHECK(targets(server, 3) == std::vector<std::string>{"GET /hangs", "GET /one", "GET /two"});
    courier.input = "no order\n";
    CHECK(run(courier).exit_code == 70);
}

TEST_CASE("a run that ends with 64 or 75 after it began is told as such") {
    HttpServer server{[](const HttpAsked&) { return HttpAnswer{}; }};
    const Watched app;
    const TemporaryFolder folder;
    const auto file = folder.file("a.csv", "user_id,question_id,is_correct,attempted_at\n");
    const auto base = server.url(uuid);
    CHECK(app.job({"import-attempts", file, "--zone", "Mars/X"}, {{"HEARTBEAT_URL", base}})
              .exit_code == 64);
    CHECK(targets(server, 2).back().starts_with("POST " + std::string{uuid} + "/64"));
    // Bad settings too, whichever it is.
    CHECK(app.job({"check-streaks"}, {{"HEARTBEAT_URL", base}, {"NIGHTSHIFT_ZONE", "Mars"}})
              .exit_code == 78);
    CHECK(targets(server, 3).back().starts_with("POST " + std::string{uuid} + "/78"));
}

TEST_CASE("a ULID is the same 128 bits as a UUID") {
    // By an independent converter: github.com/ulid/spec's example.
    CHECK(uuid_of(ulid) == "01563e3a-b5d3-d676-4c61-efb99302bd5b");
    CHECK(uuid_of("00000000000000000000000000") == "00000000-0000-0000-0000-000000000000");
    CHECK(uuid_of("7ZZZZZZZZZZZZZZZZZZZZZZZZZ") == "ffffffff-ffff-ffff-ffff-ffffffffffff");
    CHECK(uuid_of("8ZZZZZZZZZZZZZZZZZZZZZZZZZ").size() == 36);
    CHECK(uuid_of("TEST") != uuid_of("TEST2"));
}

TEST_CASE("each kind of monitor is asked as it wants") {
    const HeartbeatRun run{"recompute-leaderboard/weekly", ulid, 75, "went wrong"};
    const auto url = [&run](const std::string& base, Beat beat) {
        const auto request = heartbeat(base, beat, run);
        return request ? request->method + " " + request->url : "";
    };
    const std::string check = std::string{"https://hc.example/ping"} + uuid;
    const std::string rid = "rid=01563e3a-b5d3-d676-4c61-efb99302bd5b";
    CHECK(url(check, Beat::start) == "GET " + check + "/start?" + rid);
    CHECK(url(check + "/", Beat::success) == "GET " + check + "?" + rid);
    CHECK(url(check + "?create=1", Beat::failure) == "POST " + check + "/75?create=1&" + rid);
    CHECK(heartbeat(check, Beat::failure, run)->body.bytes() == "went wrong");
    CHECK(url("https://hc-ping.com/key/{job}", Beat::start) ==
          "GET https://hc-ping.com/key/recompute-leaderboard-weekly/start?" + rid);
    CHECK(url("https://cronitor.link/p/k/{job}", Beat::failure) ==
          "GET https://cronitor.link/p/k/recompute-leaderboard-weekly?state=fail&series=" +
              std::string{ulid} + "&status_code=75");
    CHECK(url("https://up.example/push/x", Beat::success) == "GET https://up.example/push/x");
    CHECK(url("https://up.example/push/x", Beat::start).empty());
    CHECK(url("https://up.example/{state}?e={exit_code}&r={run_id}", Beat::failure) ==
          "GET https://up.example/fail?e=75&r=" + std::string{ulid});
}

TEST_CASE("a job's begin and end are told, its failure with the exit code and the reason") {
    HttpServer server{[](const HttpAsked&) { return HttpAnswer{}; }};
    const Watched app;
    const TemporaryFolder folder;
    const auto secret = folder.file("url", server.url(uuid) + "\n");
    CHECK(app.job(weekly, {{"HEARTBEAT_URL_FILE", secret}}).exit_code == 0);
    REQUIRE(targets(server, 2) == std::vector<std::string>{std::string{"GET "} + uuid + "/start?",
                                                           std::string{"GET "} + uuid + "?"});
    const auto rid = server.asked()[0].target.substr(server.asked()[0].target.find("rid="));
    CHECK(server.asked()[1].target.ends_with(rid));

    const auto failed =
        app.job(weekly, {{"HEARTBEAT_URL", "http://127.0.0.1:1/"},
                         {"HEARTBEAT_URL_RECOMPUTE_LEADERBOARD_WEEKLY", server.url(uuid)},
                         {"DATABASE_URL", "postgresql://app:hunter2@127.0.0.1:1/app"}});
    CHECK(failed.exit_code == 69);
    REQUIRE(targets(server, 3).back() == std::string{"POST "} + uuid + "/69?");
    CHECK_THAT(server.asked()[2].body, ContainsSubstring("cannot connect to Postgres"));
    CHECK_THAT(server.asked()[2].body, !ContainsSubstring("hunter2"));
}

TEST_CASE("a run that finds its period done is no beat, and one that is killed is a failure") {
    HttpServer server{[](const HttpAsked&) { return HttpAnswer{}; }};
    const Watched app;
    const std::map<std::string, std::string> settings{{"HEARTBEAT_URL", server.url("/{state}")}};
    auto once = weekly;
    once.insert(once.end(), {"--once-per", "hour"});
    CHECK(app.job(once, settings).exit_code == 0);
    CHECK(app.job(once, settings).exit_code == 0);
    CHECK(targets(server, 2) == std::vector<std::string>{"GET /start", "GET /success"});

    // Held up by a lock, so that it can be killed at work.
    const auto blocker = app.database.connect();
    auto all = app.environment();
    all.insert(settings.begin(), settings.end());
    blocker->transaction("blocking", [&](auto& transaction) {
        transaction.exec("LOCK TABLE public.attempts IN ACCESS EXCLUSIVE MODE");
        Background job{program(weekly, all)};
        CHECK(eventually([&] { return server.asked().size() >= 3; }));
        job.signal(SIGKILL);
        job.wait();
    });
    CHECK(targets(server, 4) ==
          std::vector<std::string>{"GET /start", "GET /success", "GET /start", "GET /fail"});
}

TEST_CASE("a monitor that hangs, refuses or is nonsense delays and fails nothing") {
    HttpServer server{[](const HttpAsked&) {
        return HttpAnswer{.then = HttpAnswer::Then::hang, .says_nothing = true};
    }};
    const Watched app;
    const TemporaryFolder folder;
    for (const std::string& url :
         {server.url("/{state}"), std::string{"http://127.0.0.1:1/{state}"},
          std::string{"nonsense"}, std::string{"http://example.com/{state}"}}) {
        INFO(url);
        const auto begin = std::chrono::steady_clock::now();
        const auto finished = app.job(weekly, {{"HEARTBEAT_URL", url},
                                               {"SENTRY_DSN", "nonsense"},
                                               {"NIGHTSHIFT_METRICS_FILE", "/nowhere/metrics"}});
        CHECK(finished.exit_code == 0);
        // A ping's own time is 10 seconds: that is what it must not wait for.
        CHECK(std::chrono::steady_clock::now() - begin < 8s);
        CHECK_THAT(finished.err, ContainsSubstring("the metrics were not written"));
    }
    const auto both = app.job(weekly, {{"HEARTBEAT_URL", "x"}, {"HEARTBEAT_URL_FILE", "/y"}});
    CHECK(both.exit_code == 0);
    CHECK_THAT(both.err, ContainsSubstring("HEARTBEAT_URL"));
}

TEST_CASE("an error goes to Sentry, redacted, and what is none does not") {
    HttpServer server{[](const HttpAsked&) { return HttpAnswer{.body = R"({"id":"x"})"}; }};
    const Watched app;
    auto dsn = server.url("/path/42");
    dsn.insert(7, "publickey@");
    CHECK(app.job(weekly, {{"SENTRY_DSN", dsn}}).exit_code == 0);
    app.database.query("ALTER TABLE attempts RENAME attempted_at TO gone");
    app.database.query("ALTER TABLE attempts ADD attempted_at text");
    const auto failed = app.job(
        weekly, {{"SENTRY_DSN", dsn}, {"ENVIRONMENT", "staging"}, {"NIGHTSHIFT_HOST", "h1"}});
    INFO(failed.err);
    CHECK(failed.exit_code != 0);
    REQUIRE(eventually([&] { return !server.asked().empty(); }));
    CHECK(server.asked().size() == 1);
    const auto asked = server.asked()[0];
    CHECK(asked.target == "/path/api/42/envelope/");
    CHECK(asked.headers.at("content-type") == "application/x-sentry-envelope");
    CHECK_THAT(asked.headers.at("x-sentry-auth"), ContainsSubstring("sentry_key=publickey"));
    std::istringstream lines{asked.body};
    std::string head;
    std::string item;
    std::string payload;
    std::getline(lines, head);
    std::getline(lines, item);
    std::getline(lines, payload);
    CHECK(json::parse(item)["length"] == payload.size());
    const auto event = json::parse(payload);
    CHECK(event["event_id"] == json::parse(head)["event_id"]);
    CHECK(event["event_id"].get<std::string>().size() == 32);
    CHECK(event["environment"] == "staging");
    CHECK(event["server_name"] == "h1");
    CHECK(event["logger"] == "recompute-leaderboard/weekly");
    CHECK(event["tags"]["command"] == "recompute-leaderboard");
    CHECK_THAT(event["exception"]["values"][0]["value"].get<std::string>(),
               ContainsSubstring("operator does not exist"));
}

TEST_CASE("a DSN that is none is told without its key") {
    for (const std::string dsn : {"nonsense", "https://key@host/", "https://host/1", ""}) {
        const auto refused = error_of([&] { http::sentry_request(dsn, {}); });
        CHECK(refused.failure == Failure::configuration);
        CHECK_THAT(words_of(refused), !ContainsSubstring("key@host"));
    }
    CHECK(http::sentry_request("https://k:old@o1.ingest.example:8443/7", {}).url ==
          "https://o1.ingest.example:8443/api/7/envelope/");
}

TEST_CASE("the metrics are what Prometheus takes, and what the ledger says") {
    const Watched app;
    const TemporaryFolder folder;
    const auto path = (folder.path() / "nightshift.prom").string();
    auto words = weekly;
    words.insert(words.end(), {"--once-per", "hour", "--metrics-file", path});
    CHECK(app.job(words, {}).exit_code == 0);
    app.database.query(
        "UPDATE nightshift.job_runs SET started_at = started_at - interval '5 hours', finished_at "
        "= "
        "'2026-03-10T00:00:01.5Z', period = date_trunc('hour', now(), 'UTC') - interval '5 hours'");
    app.database.query(
        "INSERT INTO nightshift.job_runs (run_id, job, lease, fence, state, started_at, "
        "finished_at, "
        "host, pid, version, rerun) VALUES ('R1', E'a\"b\\\\c', 'x', 1, 'failed', now(), now(), "
        "'h', "
        "1, '0', false)");
    CHECK(app.job({"check-streaks", "--metrics-file", path}, {}).exit_code == 0);
    std::ifstream file{path};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    INFO(text);
    CHECK_THAT(text,
               ContainsSubstring("nightshift_job_last_success_timestamp_seconds{job=\"recompute-"
                                 "leaderboard/weekly\"} 1773100801.500000\n"));
    CHECK_THAT(text, ContainsSubstring("nightshift_job_missed_periods{job=\"recompute-leaderboard/"
                                       "weekly\"} 4\n"));
    CHECK_THAT(text,
               ContainsSubstring("nightshift_job_runs{job=\"a\\\"b\\\\c\",state=\"failed\"} 1\n"));
    CHECK_THAT(text, ContainsSubstring(
                         "nightshift_job_runs{job=\"check-streaks\",state=\"succeeded\"} 1"));
    const auto checked = run({.command = {"promtool", "check", "metrics"}, .input = text});
    CHECK(checked.exit_code == 0);
    CHECK(checked.out + checked.err == "");
    CHECK(app.job({"runs", "metrics"}, {}).exit_code == 0);
    const auto unwritten =
        app.job({"runs", "metrics", "--metrics-file", "/no/such/folder/x", "--json"}, {});
    CHECK(unwritten.exit_code == 74);
    CHECK(json::parse(unwritten.out)["error"]["exit_code"] == 74);
}

TEST_CASE("a lock that a wrapper holds is free when the job has ended, whatever its monitor does") {
    HttpServer server{[](const HttpAsked&) {
        return HttpAnswer{.then = HttpAnswer::Then::hang, .says_nothing = true};
    }};
    const Watched app;
    const TemporaryFolder folder;
    const auto lock = folder.file("lock", "");
    auto settings = app.environment();
    settings["HEARTBEAT_URL"] = server.url("/{state}");
    auto job = program(weekly, settings);
    job.command.insert(job.command.begin(), {"flock", "-n", lock});
    CHECK(run(job).exit_code == 0);
    CHECK(eventually([&] { return !server.asked().empty(); }));
    CHECK(run({.command = {"flock", "-n", lock, "true"}}).exit_code == 0);
}

TEST_CASE(
    "a url that cannot be asked is told, and a host that finds its period done writes metrics") {
    const Watched app;
    const TemporaryFolder folder;
    auto once = weekly;
    once.insert(once.end(), {"--once-per", "hour"});
    const auto first = app.job(once, {{"HEARTBEAT_URL", "http://monitor.example/secret"}});
    CHECK(first.exit_code == 0);
    CHECK_THAT(first.err, ContainsSubstring("plain http is for loopback alone"));
    CHECK_THAT(first.err, !ContainsSubstring("secret"));
    const auto path = (folder.path() / "metrics").string();
    CHECK(app.job(once, {{"NIGHTSHIFT_METRICS_FILE", path}}).exit_code == 0);
    CHECK(std::ifstream{path}.good());
}
