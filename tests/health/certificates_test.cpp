// When certificates end, by real TLS: of a provider, of monitors, of Postgres and of Redis.
#include "health/certificate.hpp"
#include "health/deep_scene.hpp"
#include "support/authority.hpp"
#include "support/expect.hpp"

#include <filesystem>

using namespace nightshift;
using namespace nightshift::test;
namespace fs = std::filesystem;

namespace {

// openssl(1) giving out the files of a folder as they are, over TLS.
struct SecureServer {
    TemporaryFolder folder;
    std::string port = std::to_string(free_port());
    Background server;

    SecureServer(const Authority& authority, const std::string& certificate)
        : server{{.command = {"openssl", "s_server", "-quiet", "-HTTP", "-accept",
                              "127.0.0.1:" + port, "-key", authority.path(certificate + ".key"),
                              "-cert", authority.path(certificate + ".crt")},
                  .folder = folder.path().string()}} {}
    std::string url() const { return "https://localhost:" + port; }
    void has(const std::string& name, const std::string& json) const {
        fs::create_directories((folder.path() / name).parent_path());
        folder.file(name, "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + json);
    }
    void wait() const {
        REQUIRE(eventually([&] {
            return run({.command = {"bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/" + port}})
                       .exit_code == 0;
        }));
    }
};

std::string days_from_now(int days) {
    return run({.command = {"date", "-u", "-d", std::to_string(days) + " days", "+%Y%m%d%H%M%SZ"}})
        .out.substr(0, 15);
}

}  // namespace

TEST_CASE("a certificate that ends soon, has ended, or is of nobody known turns its check") {
    const Deep it;
    const Authority authority;
    const std::string host = "DNS:localhost";
    authority.issue("good", host, "20200101000000Z", days_from_now(400));
    authority.issue("soon", host, "20200101000000Z", days_from_now(10));
    authority.issue("very_soon", host, "20200101000000Z", days_from_now(2));
    authority.issue("expired", host, "20200101000000Z", "20210101000000Z");
    const auto with = [&](const std::string& certificate, const std::string& known) {
        const SecureServer server{authority, certificate};
        server.has("v3/scopes", all_is_well.at("GET /v3/scopes").body);
        server.has("v3/user/credits", all_is_well.at("GET /v3/user/credits").body);
        server.wait();
        return it.deep({{"SENDGRID_BASE_URL", server.url()}, {"NOTIFY_CA_FILE", known}});
    };
    const auto known = authority.path("ca.crt");
    const auto good = with("good", known);
    INFO(good.at("sendgrid.certificate") << good.at("sendgrid.credentials"));
    CHECK(not_well(good).empty());
    CHECK(good.at("sendgrid.certificate").at("value").get<double>() > 398);
    const auto soon = with("soon", known);
    CHECK(not_well(soon) == NotWell{{"sendgrid.certificate", "degraded"}});
    CHECK_THAT(message(soon, "sendgrid.certificate"), ContainsSubstring("in 9 days"));
    CHECK(not_well(with("very_soon", known)) == NotWell{{"sendgrid.certificate", "unhealthy"}});
    const NotWell untrusted{{"sendgrid.certificate", "unhealthy"},
                            {"sendgrid.credentials", "unknown"},
                            {"sendgrid.scope", "unknown"},
                            {"sendgrid.balance", "unknown"}};
    const auto expired = with("expired", known);
    CHECK(not_well(expired) == untrusted);
    CHECK_THAT(expired.at("sendgrid.certificate").at("why").get<std::string>(),
               ContainsSubstring("certificate has expired"));
    CHECK(not_well(with("good", "")) == untrusted);
}

TEST_CASE("monitors are connected to, not pinged, and what they are called stays secret") {
    const Watched it;
    const Authority authority;
    authority.issue_good("good");
    const SecureServer server{authority, "good"};
    server.wait();
    const auto secret = server.url() + "/s3cr3t-path/{job}";
    const auto looked =
        it.looked({"--only", "heartbeat", "--only", "sentry", "--only", "cdn"},
                  {{"HEARTBEAT_URL", secret},
                   {"HEARTBEAT_URL_CHECK_STREAKS", "https://127.0.0.1:1/s3cr3t"},
                   {"SENTRY_DSN", "https://s3cr3tkey@localhost:" + server.port + "/1"}});
    // openssl's server is of an authority that the system does not know.
    CHECK(status(looked, "sentry.certificate") == "unhealthy");
    CHECK_THAT(message(looked, "sentry.certificate"), ContainsSubstring("not to be trusted"));
    CHECK(status(looked, "heartbeat.certificate") == "unhealthy");
    CHECK(status(looked, "cdn.certificate") == "skipped");
    CHECK(status(looked, "") == "degraded");  // they are warnings
    CHECK(looked.at("").dump().find("s3cr3t") == std::string::npos);
    const auto cdn = it.looked({"--only", "cdn"}, {{"S3_CDN_DOMAIN", "127.0.0.1:1"}});
    CHECK_THAT(message(cdn, "cdn.certificate"),
               ContainsSubstring("https://127.0.0.1:1 does not answer"));
    const HttpServer plain{[](const auto&) { return HttpAnswer{}; }};
    CHECK(status(it.looked({"--only", "heartbeat"}, {{"HEARTBEAT_URL", plain.url("/ping")}}),
                 "heartbeat.certificate") == "skipped");
    CHECK(plain.asked().empty());
}

TEST_CASE("of several servers the one counts whose certificate is the worst") {
    const Authority authority;
    authority.issue("good", "DNS:localhost", "20200101000000Z", days_from_now(400));
    authority.issue("soon", "DNS:localhost", "20200101000000Z", days_from_now(10));
    const SecureServer good{authority, "good"};
    const SecureServer soon{authority, "soon"};
    const HttpServer plain{[](const auto&) { return HttpAnswer{}; }};
    good.wait();
    soon.wait();
    const auto& check = *health::find_check("heartbeat.certificate");
    const auto looked = [&](const std::vector<std::string>& urls) {
        return health::run_probes({health::look_at_certificate(
                                      check, urls, {.ca_file = authority.path("ca.crt")})},
                                  std::chrono::seconds{8}, {})
            .results.at(0);
    };
    const std::string dead = "https://127.0.0.1:1/s3cr3t";
    CHECK(looked({good.url() + "/s3cr3t"}).status == health::Status::healthy);
    CHECK_THAT(looked({good.url()}).said, ContainsSubstring("that of " + good.url() + " ends"));
    CHECK(looked({good.url(), soon.url()}).status == health::Status::degraded);
    CHECK_THAT(looked({soon.url(), good.url()}).said, ContainsSubstring(soon.url()));
    CHECK(looked({soon.url(), dead, good.url()}).status == health::Status::unhealthy);
    CHECK(looked({plain.url(), dead}).status == health::Status::unhealthy);
    CHECK(looked({plain.url(), good.url()}).status == health::Status::healthy);
    CHECK(looked({plain.url()}).status == health::Status::skipped);
}

TEST_CASE("the certificates of Postgres and of Redis are told by the connections themselves") {
    const Watched it;
    CHECK(status(it.looked({"--only", "database", "--only", "redis"}), "database.certificate") ==
          "skipped");
    const Authority authority;
    authority.issue("soon", "DNS:localhost", "20200101000000Z", days_from_now(10));
    const Redis redis{{"--tls-port", std::to_string(free_port()), "--tls-cert-file",
                       authority.path("soon.crt"), "--tls-key-file", authority.path("soon.key"),
                       "--tls-ca-cert-file", authority.path("ca.crt"), "--tls-auth-clients", "no"}};
    const auto port =
        redis.connect()->command({"CONFIG", "GET", "tls-port"}).element_text(1).value();
    Postgres postgres;
    const Database database{postgres, Database::Schema::migrated};
    for (const auto* file : {"soon.crt", "soon.key"}) {
        const auto there = postgres.folder() / "data" / file;
        must({"cp", authority.path(file), there.string()});
        must({"chmod", "600", there.string()});
        must({"chown", "--reference=" + (postgres.folder() / "data").string(), there.string()});
    }
    database.query("ALTER SYSTEM SET ssl_cert_file = 'soon.crt'");
    database.query("ALTER SYSTEM SET ssl_key_file = 'soon.key'");
    database.query("ALTER SYSTEM SET ssl = on");
    database.query("SELECT pg_reload_conf()");
    database.query("ALTER ROLE postgres PASSWORD 'of-tests-alone'");
    const Values secure{{"DATABASE_URL", "postgresql://postgres:of-tests-alone@127.0.0.1:" +
                                             std::to_string(postgres.port()) + "/" +
                                             database.name() + "?sslmode=require"},
                        {"REDIS_URL", "rediss://localhost:" + port + "/0"},
                        {"REDIS_TLS_CA_FILE", authority.path("ca.crt")}};
    std::map<std::string, Json> looked;
    CHECK(eventually([&] {
        looked = it.looked({"--only", "database", "--only", "redis"}, secure);
        return status(looked, "database.connect") == "healthy";
    }));
    CHECK(not_well(looked) ==
          NotWell{{"database.certificate", "degraded"}, {"redis.certificate", "degraded"}});
}
