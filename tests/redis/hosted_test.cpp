// Redis as it is hosted: over TLS, with an ACL user, behind Sentinels, in a Cluster, or just
// starting.
#include "redis/open.hpp"
#include "support/authority.hpp"
#include "support/binary.hpp"
#include "support/catch.hpp"
#include "support/expect.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include <nlohmann/json.hpp>

using namespace nightshift;
using namespace nightshift::test;
using namespace std::chrono_literals;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

const std::vector<std::string> weekly{"recompute-leaderboard", "--period", "weekly", "--as-of",
                                      "2026-03-11T00:00:00Z"};

// A server whose TLS port shows that certificate.
struct SecureRedis {
    int port = free_port();
    Redis redis;

    SecureRedis(const Authority& authority, const std::string& certificate,
                std::vector<std::string> more = {})
        : redis{options(authority, certificate, port, std::move(more))} {}

    static std::vector<std::string> options(const Authority& authority,
                                            const std::string& certificate, int port,
                                            std::vector<std::string> more) {
        std::vector<std::string> all{"--tls-port",         std::to_string(port),
                                     "--tls-cert-file",    authority.path(certificate + ".crt"),
                                     "--tls-key-file",     authority.path(certificate + ".key"),
                                     "--tls-ca-cert-file", authority.path("ca.crt")};
        if (more.empty()) more = {"--tls-auth-clients", "no"};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    std::string url(const std::string& host = "localhost", const std::string& login = "") const {
        return "rediss://" + login + host + ":" + std::to_string(port) + "/0";
    }
};

struct App {
    Database database;

    App() {
        database.query(
            "INSERT INTO users (id, name) SELECT n, 'user' FROM generate_series(1, 30000) n;"
            "INSERT INTO questions (id) VALUES (1);"
            "INSERT INTO attempts (user_id, question_id, is_correct, attempted_at) SELECT n, 1, "
            "true, '2026-03-10' FROM generate_series(1, 30000) n");
    }
    Finished command(const std::vector<std::string>& words, const std::string& url,
                     std::map<std::string, std::string> settings = {}) const {
        settings.insert(
            {{"DATABASE_URL", database.url()}, {"REDIS_URL", url}, {"LOG_FORMAT", "plain"}});
        return run(program(words, settings));
    }
    void publishes(const std::string& url,
                   const std::map<std::string, std::string>& settings = {}) const {
        const auto rebuilt = command(weekly, url, settings);
        INFO(rebuilt.err);
        CHECK(rebuilt.exit_code == 0);
        const auto rank = command({"leaderboard", "rank", "29999", "--json"}, url, settings);
        INFO(rank.err);
        CHECK(rank.exit_code == 0);
        CHECK(json::parse(rank.out)["rank"] == 29999);
    }
    void refused(int code, const std::string& words, const std::string& url,
                 const std::map<std::string, std::string>& settings = {}) const {
        const auto finished = command(weekly, url, settings);
        INFO(finished.err);
        CHECK(finished.exit_code == code);
        CHECK_THAT(finished.err, ContainsSubstring(words));
    }
};

std::string answer(const std::string& port, const std::vector<std::string>& words) {
    std::vector<std::string> command{"redis-cli", "-p", port};
    command.insert(command.end(), words.begin(), words.end());
    return run({.command = command}).out;
}

}  // namespace

TEST_CASE("a board is published and read over TLS, where the certificate is good") {
    const Authority authority;
    authority.issue_good("server");
    const SecureRedis server{authority, "server"};
    const App app;
    app.publishes(server.url(), {{"REDIS_TLS_CA_FILE", authority.path("ca.crt")}});
    app.publishes(server.url("127.0.0.1") + "?ssl_cert_reqs=required",
                  {{"REDIS_TLS_CA_FILE", authority.path("ca.crt")}});
    app.refused(78, "self-signed certificate in certificate chain", server.url());
    app.refused(78, "the file of REDIS_TLS_CA_FILE cannot be used", server.url(),
                {{"REDIS_TLS_CA_FILE", "/nowhere"}});
    // TLS to a port without, and back.
    app.refused(69, "is it a TLS port?",
                "rediss://localhost:" + std::to_string(server.redis.port()),
                {{"REDIS_TLS_CA_FILE", authority.path("ca.crt")}});
    app.refused(69, "Redis at localhost:" + std::to_string(server.port),
                "redis://localhost:" + std::to_string(server.port));
}

TEST_CASE("an expired, a foreign and another host's certificate are refused") {
    const Authority authority;
    const Authority foreign{"somebody else"};
    authority.issue("expired", "DNS:localhost", "20200101000000Z", "20210101000000Z");
    authority.issue("early", "DNS:localhost", "20390101000000Z", "20400101000000Z");
    authority.issue_good("other", "DNS:elsewhere.example");
    foreign.issue_good("foreign");
    const App app;
    const std::map<std::string, std::string> trust{{"REDIS_TLS_CA_FILE", authority.path("ca.crt")}};
    app.refused(78, "certificate has expired", SecureRedis{authority, "expired"}.url(), trust);
    app.refused(78, "certificate is not yet valid", SecureRedis{authority, "early"}.url(), trust);
    app.refused(78, "hostname mismatch", SecureRedis{authority, "other"}.url(), trust);
    app.refused(78, "IP address mismatch", SecureRedis{authority, "other"}.url("127.0.0.1"), trust);
    app.refused(78, "is not to be trusted", SecureRedis{foreign, "foreign"}.url(), trust);
}

TEST_CASE("a server that wants a certificate of ours gets it") {
    const Authority authority;
    authority.issue_good("server");
    authority.issue_good("client", "DNS:client");
    const SecureRedis server{authority, "server", {"--tls-auth-clients", "yes"}};
    const App app;
    std::map<std::string, std::string> settings{{"REDIS_TLS_CA_FILE", authority.path("ca.crt")}};
    app.refused(69, "lost Redis", server.url(), settings);
    settings["REDIS_TLS_CERT_FILE"] = authority.path("client.crt");
    settings["REDIS_TLS_KEY_FILE"] = authority.path("client.key");
    app.publishes(server.url(), settings);
}

TEST_CASE("an ACL user needs what a board needs, and no more") {
    const Redis redis{{"--user", "board", "on", ">s3cret", "~leaderboard:*", "~{leaderboard:*",
                       "+@read", "+@write", "+@connection", "+@transaction", "+@scripting", "+info",
                       "+time"}};
    const App app;
    const auto place = "127.0.0.1:" + std::to_string(redis.port());
    app.publishes("redis://board:s3cret@" + place);
    const auto wrong = app.command(weekly, "redis://board:wrong123@" + place);
    CHECK(wrong.exit_code == 78);
    CHECK_THAT(wrong.err, !ContainsSubstring("wrong123"));
}

TEST_CASE("a Redis that is just starting is waited for") {
    Redis redis;
    redis.stop();
    const App app;
    Background job{program(weekly, {{"DATABASE_URL", app.database.url()},
                                    {"REDIS_URL", redis.url()},
                                    {"LOG_FORMAT", "plain"}})};
    std::this_thread::sleep_for(800ms);
    CHECK(job.is_running());
    redis.start();
    CHECK(job.wait() == 0);
}

TEST_CASE("a Redis that reads its data is waited for") {
    const App app;
    // 0.5 ms a key.
    Redis redis{{"--key-load-delay", "500", "--loading-process-events-interval-bytes", "1024"}};
    std::string keys;
    for (int i = 0; i < 3000; ++i)
        keys += "SET k" + std::to_string(i) + " " + std::string(20, 'x') + "\n";
    REQUIRE(run({.command = {"redis-cli", "-p", std::to_string(redis.port()), "--pipe"},
                 .input = keys + "SAVE\n"})
                .exit_code == 0);
    redis.stop();
    redis.start();
    CHECK_THAT(run({.command = {"redis-cli", "-p", std::to_string(redis.port()), "GET", "k1"}}).out,
               ContainsSubstring("LOADING"));
    CHECK(run(program(weekly, {{"DATABASE_URL", app.database.url()}, {"REDIS_URL", redis.url()}}))
              .exit_code == 0);
}

TEST_CASE("behind Sentinels the master is found, also after a failover between two runs") {
    const TemporaryFolder folder;
    Redis first;
    Redis second{{"--replicaof", "127.0.0.1", std::to_string(first.port())}};
    std::vector<std::unique_ptr<Background>> sentinels;
    std::string url = "redis+sentinel://";
    std::vector<std::string> ports;
    for (int i = 0; i < 3; ++i) {
        const auto port = std::to_string(free_port());
        const auto file =
            folder.file("sentinel" + std::to_string(i) + ".conf",
                        "port " + port + "\nbind 127.0.0.1\ndir " + folder.path().string() +
                            "\nsentinel monitor app 127.0.0.1 " + std::to_string(first.port()) +
                            " 2\nsentinel down-after-milliseconds app 700\nsentinel "
                            "failover-timeout app 3000\n");
        sentinels.push_back(std::make_unique<Background>(
            Spawn{.command = {redis_program(folder.path()), file, "--sentinel"}},
            (folder.path() / ("log" + port)).string()));
        url += (i > 0 ? "," : "") + ("127.0.0.1:" + port);
        ports.push_back(port);
    }
    url += "/app/0";
    const auto port_of_master = [&] {
        const auto said = answer(ports[2], {"sentinel", "get-master-addr-by-name", "app"});
        return said.substr(said.find('\n') + 1);
    };
    REQUIRE(eventually([&] {
        return answer(ports[0], {"sentinel", "ckquorum", "app"}).starts_with("OK 3") &&
               answer(ports[0], {"sentinel", "replicas", "app"}).find("127.0.0.1") !=
                   std::string::npos;
    }));
    const App app;
    app.publishes(url);
    first.stop();
    sentinels[0]->signal(SIGKILL);  // the one that is asked first, too
    REQUIRE(eventually([&] {
        return port_of_master() == std::to_string(second.port()) + "\n" &&
               answer(std::to_string(second.port()), {"role"}).starts_with("master");
    }));
    app.publishes(url);
    auto unknown = url;
    unknown.replace(unknown.rfind("/app/"), 5, "/nobody/");
    app.refused(69, "knows no master nobody", unknown);
    CHECK_THAT(app.command(weekly, "redis+sentinel://h:1/").err,
               ContainsSubstring("name the master"));
}

TEST_CASE("in a Cluster of two nodes each board is found where its slot is") {
    const auto bus = std::to_string(free_port());
    const auto options = [](const std::string& bus_port) {
        return std::vector<std::string>{"--cluster-enabled", "yes", "--cluster-port", bus_port};
    };
    const Redis one{options(std::to_string(free_port()))};
    const Redis two{options(bus)};
    const auto first = std::to_string(one.port());
    const auto second = std::to_string(two.port());
    // The weekly board's slot goes to one node, the monthly's to the other.
    const auto slot = [&](const std::string& key) {
        return std::stoi(answer(first, {"cluster", "keyslot", key}));
    };
    const auto weekly_slot = slot("leaderboard:weekly");
    const auto monthly_slot = slot("leaderboard:monthly");
    REQUIRE(weekly_slot != monthly_slot);
    const auto between = std::to_string(std::min(weekly_slot, monthly_slot));
    const auto behind = std::to_string(std::stoi(between) + 1);
    answer(first, {"cluster", "addslotsrange", "0", between});
    answer(second, {"cluster", "addslotsrange", behind, "16383"});
    answer(first, {"cluster", "meet", "127.0.0.1", second, bus});
    REQUIRE(eventually([&] {
        return answer(first, {"cluster", "info"}).find("cluster_state:ok") != std::string::npos &&
               answer(second, {"cluster", "info"}).find("cluster_state:ok") != std::string::npos;
    }));
    const App app;
    for (const auto& url : {one.url(), two.url()}) {
        for (const std::string period : {"weekly", "monthly"}) {
            INFO(period << " by " << url);
            auto words = weekly;
            words[2] = period;
            const auto rebuilt = app.command(words, url);
            INFO(rebuilt.err);
            CHECK(rebuilt.exit_code == 0);
            const auto top = app.command({"leaderboard", "top", "--period", period, "--json"}, url);
            CHECK(json::parse(top.out)["leaderboard"].size() == 100);
        }
    }
    // On each node the keys of one board, and of one only.
    const auto keys = [](const std::string& port) {
        return answer(port, {"keys", "*leaderboard:*"});
    };
    const auto on_first = keys(first);
    const auto on_second = keys(second);
    CHECK((on_first.find("weekly") == std::string::npos) !=
          (on_second.find("weekly") == std::string::npos));
    CHECK((on_first.find("monthly") == std::string::npos) !=
          (on_second.find("monthly") == std::string::npos));
}

TEST_CASE("a certificate without its key, and a Sentinel that wants a password, are told as such") {
    const Authority authority;
    authority.issue_good("server");
    const SecureRedis server{authority, "server"};
    const App app;
    app.refused(78, "belong together", server.url(),
                {{"REDIS_TLS_CA_FILE", authority.path("ca.crt")},
                 {"REDIS_TLS_CERT_FILE", authority.path("server.crt")}});
    const Redis guarded{{"--requirepass", "s3ntinel"}};
    app.refused(78, "REDIS_SENTINEL_PASSWORD",
                "redis+sentinel://127.0.0.1:" + std::to_string(guarded.port()) + "/app");
}
