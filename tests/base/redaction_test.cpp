#include "base/redaction.hpp"

#include "base/error.hpp"
#include "postgres/connection.hpp"
#include "redis/address.hpp"
#include "support/catch.hpp"

#include <thread>
#include <vector>

#include <libpq-fe.h>

using namespace nightshift;

namespace {

std::string libpq_password(const std::string& connection) {
    std::string password;
    auto* options = PQconninfoParse(connection.c_str(), nullptr);
    REQUIRE(options != nullptr);
    for (auto* each = options; each->keyword != nullptr; ++each) {
        if (each->keyword == std::string{"password"} && each->val != nullptr) password = each->val;
    }
    PQconninfoFree(options);
    return password;
}

}  // namespace

// Secrets are remembered for the whole test run, so each test has its own.

TEST_CASE("a secret is masked wherever it stands, as often as it stands") {
    remember_secret("s3cr3t-everywhere");
    CHECK(redacted("s3cr3t-everywhere") == "[redacted]");
    CHECK(redacted("as3cr3t-everywherez s3cr3t-everywheres3cr3t-everywhere") ==
          "a[redacted]z [redacted][redacted]");
    CHECK(redacted("S3CR3T-everywhere s3cr3t-everywher") == "S3CR3T-everywhere s3cr3t-everywher");
    CHECK(redacted("").empty());
}

TEST_CASE("a secret of fewer than four characters is not masked, one of four is") {
    remember_secret("");
    remember_secret("q7");
    remember_secret("q7%");
    remember_secret("%q7~");
    CHECK(redacted("q7 q7% %q7~") == "q7 q7% [redacted]");
}

TEST_CASE("where one secret contains another the longest is masked as a whole") {
    for (const bool longest_first : {true, false}) {
        const std::string stem = longest_first ? "onion-a" : "onion-b";
        std::vector<std::string> secrets{stem, stem + "-peel", "x" + stem + "-peel"};
        if (longest_first) std::swap(secrets[0], secrets[2]);
        for (const auto& secret : secrets) remember_secret(secret);
        CHECK(redacted(stem + "-peel") == "[redacted]");
        CHECK(redacted("x" + stem + "-peel/" + stem) == "[redacted]/[redacted]");
    }
}

TEST_CASE("the password is found wherever libpq accepts it") {
    struct Example {
        std::string connection;
        std::string password;
    };
    for (const auto& [connection, password] : {
             Example{"postgresql:///main?host=/nonexistent&user=app&password=query-pw1",
                     "query-pw1"},
             {"postgresql:///main?host=/nonexistent&password=query%20pw2&user=app", "query pw2"},
             {"postgresql://app:hash#pw4@/main?host=/nonexistent", "hash#pw4"},
             {"host=/nonexistent password = spaced-pw5 user=app", "spaced-pw5"},
             {"host=/nonexistent password='it\\'s pw6'", "it's pw6"},
             {"host=/nonexistent password=back\\\\slash-pw7", "back\\slash-pw7"},
             {"host=/nonexistent password=tabbed-pw8\tuser=app", "tabbed-pw8"},
             {"host=/nonexistent sslpassword=key-pw9 password=login-pw9", "login-pw9"},
         }) {
        INFO(connection);
        REQUIRE(libpq_password(connection) == password);
        try {
            const postgres::Connection refused{connection, {.command = "test"}};
        } catch (const Error&) {  // nobody listens there
        }
        CHECK(redacted("is " + password) == "is [redacted]");
    }
}

TEST_CASE("the password is found wherever REDIS_URL may hold it") {
    for (const std::string password : {"sl/ash-pw", "wh?y-pw", "ha#sh-pw", "at@at-pw"}) {
        const auto url = "redis://:" + password + "@cache:6379/0";
        REQUIRE(redis::parse_address(url).password == password);
        INFO(password);
        CHECK(redacted("is " + password) == "is [redacted]");
    }
}

TEST_CASE("a secret is masked where it stands percent-encoded") {
    remember_secret("key/with+signs=");
    CHECK(redacted("GET /?key=key%2Fwith%2Bsigns%3D") == "GET /?key=[redacted]");
    CHECK(redacted("GET /?key=key%2fwith%2bsigns%3d") == "GET /?key=[redacted]");
    remember_secret("pass word@7");
    CHECK(redacted("postgresql://app:pass%20word%407@db") == "postgresql://app:[redacted]@db");
}

TEST_CASE("secrets may be told and masked from many threads") {
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([i] {
                for (int j = 0; j < 50; ++j) {
                    remember_secret("thread-" + std::to_string(i) + "-" + std::to_string(j) + "!");
                    redacted("thread-0-0!");
                }
            });
        }
    }
    for (int i = 0; i < 4; ++i) {
        CHECK(redacted("thread-" + std::to_string(i) + "-49!") == "[redacted]");
    }
}
