// Credentials where no setting holds them: of a container, of an instance.
#include "http/aws_credentials.hpp"

#include "base/error.hpp"
#include "support/catch.hpp"
#include "support/http_server.hpp"
#include "support/servers.hpp"

#include <atomic>
#include <fstream>

using namespace nightshift;
using namespace nightshift::http;
using namespace nightshift::test;

namespace {

constexpr const char* keys =
    R"({"AccessKeyId": "AKID", "SecretAccessKey": "not a secret", "Token": "of a session",
        "Expiration": "2026-11-29T12:00:00Z"})";

// None of the one who runs the tests.
AwsSources nowhere() { return {.file = "/nowhere/credentials"}; }

std::string header(const HttpAsked& asked, const std::string& name) {
    const auto found = asked.headers.find(name);
    return found == asked.headers.end() ? "" : found->second;
}

}  // namespace

TEST_CASE("a container says who it is, at its path, and to who has its token") {
    HttpServer server{[](const HttpAsked& asked) {
        const bool may = asked.target == "/v2/credentials/1" ||
                         (asked.target == "/full" && header(asked, "authorization") == "a token");
        return may ? HttpAnswer{.body = keys} : HttpAnswer{.status = 403};
    }};
    auto by_path = nowhere();
    by_path.container_base = server.url("");
    by_path.container_path = "/v2/credentials/1";
    const auto found = find_aws_credentials(by_path);
    REQUIRE(found);
    CHECK(found->access_key_id == "AKID");
    CHECK(found->secret_access_key == "not a secret");
    CHECK(found->session_token == "of a session");

    auto by_url = nowhere();
    by_url.container_url = server.url("/full");
    CHECK(!find_aws_credentials(by_url));
    by_url.container_token = "a token";
    CHECK(find_aws_credentials(by_url));

    const TemporaryFolder folder;
    by_url.container_token_file = (folder.path() / "token").string();
    CHECK_THROWS_AS(find_aws_credentials(by_url), Error);
    std::ofstream{folder.path() / "token"} << "another\n";
    CHECK(!find_aws_credentials(by_url));
    std::ofstream{folder.path() / "token"} << "a token\n";
    CHECK(find_aws_credentials(by_url));
}

TEST_CASE("a container's token is not sent in the clear to another machine") {
    for (const auto* url : {"http://192.0.2.1/full", "http://169.254.170.200/full",
                            "http://169.254.170.2.example.test/", "ftp://169.254.170.2/"}) {
        INFO(url);
        auto sources = nowhere();
        sources.container_url = url;
        sources.container_token = "a token";
        try {
            find_aws_credentials(sources);
            FAIL("it was asked");
        } catch (const Error& error) {
            CHECK(error.failure == Failure::configuration);
            CHECK_THAT(error.what(), ContainsSubstring("AWS_CONTAINER_CREDENTIALS_FULL_URI"));
        }
    }
}

TEST_CASE("an instance is asked for a token first, and then for its role's credentials") {
    std::atomic<bool> gives_token{true};
    HttpServer server{[&](const HttpAsked& asked) {
        const std::string role = "/latest/meta-data/iam/security-credentials/";
        if (asked.method == "PUT" && asked.target == "/latest/api/token" && gives_token &&
            !header(asked, "x-aws-ec2-metadata-token-ttl-seconds").empty())
            return HttpAnswer{.body = "a token"};
        if (header(asked, "x-aws-ec2-metadata-token") != "a token")
            return HttpAnswer{.status = 401};
        if (asked.target == role) return HttpAnswer{.body = "night role\n"};
        if (asked.target == role + "night%20role") return HttpAnswer{.body = keys};
        return HttpAnswer{.status = 404};
    }};
    auto sources = nowhere();
    sources.metadata_url = server.url("");
    CHECK(!find_aws_credentials(sources));  // it is not asked
    sources.asks_instance = true;
    const auto found = find_aws_credentials(sources);
    REQUIRE(found);
    CHECK(found->session_token == "of a session");
    gives_token = false;
    CHECK(!find_aws_credentials(sources));
}

TEST_CASE("an answer that holds no credentials is none") {
    for (const auto* answer : {"", "<html>", "[]", "{}", R"({"AccessKeyId": "AKID"})",
                               R"({"AccessKeyId": 1, "SecretAccessKey": {}})"}) {
        INFO(answer);
        HttpServer server{[answer](const HttpAsked&) { return HttpAnswer{.body = answer}; }};
        auto sources = nowhere();
        sources.container_url = server.url("/");
        CHECK(!find_aws_credentials(sources));
    }
}
