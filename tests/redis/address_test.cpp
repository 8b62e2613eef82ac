#include "redis/address.hpp"

#include "support/catch.hpp"
#include "support/expect.hpp"

using namespace nightshift;
using namespace nightshift::test;
using redis::Address;
using redis::parse_address;

namespace {

Address at(const std::string& host, const std::string& port, int database = 0) {
    Address address;
    address.host = host;
    address.port = port;
    address.database = database;
    return address;
}

Address on(const std::string& socket_path, int database = 0) {
    Address address;
    address.socket_path = socket_path;
    address.database = database;
    return address;
}

Address as(Address address, const std::string& user, const std::string& password) {
    address.user = user;
    address.password = password;
    return address;
}

}  // namespace

TEST_CASE("a Redis url says where and who") {
    for (const auto& [url, expected] : {
             std::pair{"redis://", at("localhost", "6379")},
             {"redis:///3", at("localhost", "6379", 3)},
             {"redis://cache", at("cache", "6379")},
             {"redis://cache/", at("cache", "6379")},
             {"redis://cache:6380", at("cache", "6380")},
             {"redis://cache:6380/15", at("cache", "6380", 15)},
             {"redis://:6380", at("localhost", "6380")},
             {"REDIS://cache", at("cache", "6379")},
             {"redis://10.1.2.3:65535/0", at("10.1.2.3", "65535")},
             {"redis://[::1]", at("::1", "6379")},
             {"redis://[::1]:6380/2", at("::1", "6380", 2)},
             {"redis://[2001:db8::7]/1", at("2001:db8::7", "6379", 1)},
             {"redis://:pw@[::1]:6380", as(at("::1", "6380"), "", "pw")},
             {"redis://:pw@cache/1", as(at("cache", "6379", 1), "", "pw")},
             {"redis://app:pw@cache", as(at("cache", "6379"), "app", "pw")},
             {"redis://app@cache", as(at("cache", "6379"), "app", "")},
             {"redis://@cache", at("cache", "6379")},
             {"redis://us%3Aer:p%40ss%2Fw%25rd@cache",
              as(at("cache", "6379"), "us:er", "p@ss/w%rd")},
             {"redis://app:a:b@cache", as(at("cache", "6379"), "app", "a:b")},
             {"redis://app:a@b@cache", as(at("cache", "6379"), "app", "a@b")},
             {"unix:///run/redis.sock", on("/run/redis.sock")},
             {"unix:///run/redis.sock?db=4", on("/run/redis.sock", 4)},
             {"redis+unix:///run/redis.sock", on("/run/redis.sock")},
             {"redis-socket:///run/redis.sock", on("/run/redis.sock")},
             {"unix://:p%20w@/run/redis.sock?db=1", as(on("/run/redis.sock", 1), "", "p w")},
             {"unix://app:pw@/run/redis.sock", as(on("/run/redis.sock"), "app", "pw")},
             {"unix:///run/redis@main/redis.sock", on("/run/redis@main/redis.sock")},
         }) {
        INFO(url);
        Address address;
        CHECK_NOTHROW(address = parse_address(url));
        CHECK(address.socket_path == expected.socket_path);
        if (expected.socket_path.empty()) CHECK(address.host == expected.host);
        if (expected.socket_path.empty()) CHECK(address.port == expected.port);
        CHECK(address.user == expected.user);
        CHECK(address.password == expected.password);
        CHECK(address.database == expected.database);
    }
}

TEST_CASE("a bad Redis url is a matter of configuration and never shown") {
    for (const std::string url : {
             "",
             "hushhush",
             "cache:6379",
             "://hushhush",
             "http://:hushhush@cache",
             "hushhush://cache",
             "rediss://:hushhush@cache?ssl_cert_reqs=none",
             "redis+sentinel://:hushhush@cache",
             "redis+sentinel://:hushhush@cache/",
             "redis+sentinel://:hushhush@cache//0",
             "redis+sentinel://:hushhush@cache,other:x/name",
             "redis+sentinel://:hushhush@cache/name/hushhush",
             "unix+sentinel://:hushhush@cache/name",
             "redis://:hushhush%zz@cache",
             "redis://hushhush%4:pw@cache",
             "redis://:hushhush@cache:port",
             "redis://:hushhush@cache:",
             "redis://:hushhush@cache:0",
             "redis://:hushhush@cache:65536",
             "redis://:hushhush@cache:-1",
             "redis://:hushhush@cache:6379x",
             "redis://:hushhush@cache/first",
             "redis://:hushhush@cache/-1",
             "redis://:hushhush@cache/0x",
             "redis://:hushhush@cache/99999999999",
             "redis://:hushhush@cache/0?timeout=5",
             "redis://:hushhush@[::1",
             "redis://:hushhush@[::1]hushhush:6379",
             "redis://:hushhush@2001:db8::7",
             "unix://hushhush",
             "unix://:hushhush@redis.sock",
             "unix://",
             "unix:///run/hushhush.sock?db=",
             "unix:///run/hushhush.sock?db=x",
             "unix:///run/hushhush.sock?database=1",
         }) {
        INFO(url);
        const auto error = error_of([&] { parse_address(url); });
        CHECK(error.failure == Failure::configuration);
        CHECK_FALSE(error.cause.empty());
        CHECK(words_of(error).find("hushhush") == std::string::npos);
    }
}

TEST_CASE("TLS and Sentinels are told by the scheme") {
    CHECK_FALSE(parse_address("redis://cache").tls);
    CHECK(parse_address("rediss://app:pw@cache:6380/2").tls);
    CHECK(parse_address("rediss://cache/1?ssl_cert_reqs=required").database == 1);
    for (const std::string scheme : {"redis+sentinel", "redis-sentinel", "REDISS+SENTINEL"}) {
        const auto address =
            parse_address(scheme + "://app:p%2Fw@one:7000,two,[::1]:7001,[::2]/my%20app/3");
        CHECK(address.tls == (scheme == "REDISS+SENTINEL"));
        CHECK(address.sentinels ==
              std::vector<std::pair<std::string, std::string>>{
                  {"one", "7000"}, {"two", "26379"}, {"::1", "7001"}, {"::2", "26379"}});
        CHECK(address.master_name == "my app");
        CHECK(address.user == "app");
        CHECK(address.password == "p/w");
        CHECK(address.database == 3);
        CHECK(address.where() == "my app/3");
    }
    CHECK(parse_address("redis+sentinel://one/app").database == 0);
}

TEST_CASE("the place is told without user and password") {
    CHECK(parse_address("redis://app:pw@cache:6380/2").where() == "cache:6380/2");
    CHECK(parse_address("redis://cache").where() == "cache:6379/0");
    CHECK(parse_address("unix://app:pw@/run/redis.sock?db=3").where() == "/run/redis.sock/3");
}
