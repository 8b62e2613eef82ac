// What redis/connection.hpp promises of pipelines, and of servers that are not what we need.
#include "redis/connection.hpp"
#include "support/catch.hpp"
#include "support/expect.hpp"
#include "support/servers.hpp"

#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace nightshift;
using namespace nightshift::test;
using namespace std::chrono_literals;
using nightshift::redis::Connection;
using nightshift::redis::parse_address;
using nightshift::redis::Reply;

namespace {

// Answers the first words of its one client with these and hangs up.
class ScriptedServer {
  public:
    explicit ScriptedServer(std::string words)
        : listener_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address;
        ::bind(listener_, reinterpret_cast<sockaddr*>(&address), length);
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
        ::listen(listener_, 1);
        port_ = ntohs(address.sin_port);
        thread_ = std::jthread{[this, words = std::move(words)] {
            const int client = ::accept(listener_, nullptr, nullptr);
            std::array<char, 1024> asked{};
            if (::recv(client, asked.data(), asked.size(), 0) > 0) {
                ::send(client, words.data(), words.size(), MSG_NOSIGNAL);
            }
            ::close(client);
        }};
    }
    ~ScriptedServer() {
        thread_.join();
        ::close(listener_);
    }
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;

    std::string url() const { return "redis://127.0.0.1:" + std::to_string(port_); }

  private:
    int listener_;
    int port_ = 0;
    std::jthread thread_;
};

std::string bulk(const std::string& text) {
    return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

}  // namespace

TEST_CASE("a pipeline of 100,000 commands is answered in order") {
    const Redis server;
    const auto connection = server.connect();
    std::int64_t replies = 0;
    bool in_order = true;
    const auto on_reply = [&](const Reply& reply) {
        in_order = in_order && reply.integer() == ++replies;
    };
    for (int i = 1; i <= 100'000; ++i) {
        connection->append({"INCR", "n"});
        if (i % 20'000 != 0) continue;
        connection->drain(10'000, on_reply);
        CHECK(replies >= i - 10'000);
    }
    connection->drain(0, on_reply);
    CHECK(replies == 100'000);
    CHECK(in_order);
    connection->drain();  // of nothing: comes back at once
    CHECK(connection->command({"GET", "n"}).integer() == 100'000);
}

TEST_CASE("large values both ways at once do not deadlock") {
    const Redis server;
    const auto connection = server.connect();
    const std::string value(64 * 1024, 'v');
    connection->command({"SET", "large", value});
    for (int i = 0; i < 2'000; ++i) connection->append({"GET", "large"});
    for (int i = 0; i < 500; ++i) connection->append({"ECHO", value});
    std::size_t whole = 0;
    connection->drain(0, [&](const Reply& reply) { whole += reply.text() == value ? 1U : 0U; });
    CHECK(whole == 2'500);
}

TEST_CASE("an error in a pipeline is thrown after all replies, and the connection goes on") {
    const Redis server;
    const auto connection = server.connect();
    for (const std::size_t left : {0U, 100U}) {
        connection->command({"SET", "n", "0"});
        for (int i = 0; i < 1'000; ++i) {
            if (i == 300) {
                connection->append({"HGET", "n", "field"});  // the first error is the one thrown
            } else if (i == 600) {
                connection->append({"NOSUCHCOMMAND"});
            } else {
                connection->append({"INCR", "n"});
            }
        }
        int good = 0;
        const auto error =
            error_of([&] { connection->drain(left, [&](const Reply&) { ++good; }); });
        CHECK_THAT(error.cause, ContainsSubstring("WRONGTYPE"));
        CHECK(good == 998);
        CHECK(connection->command({"GET", "n"}).integer() == 998);
        CHECK_NOTHROW(connection->drain());
    }
}

TEST_CASE("out of memory in the middle of a pipeline is unavailable") {
    const Redis server{{"--maxmemory", "3mb", "--maxmemory-policy", "noeviction"}};
    const auto connection = server.connect();
    const std::string value(16 * 1024, 'x');
    for (int i = 0; i < 1'000; ++i) connection->append({"SET", std::to_string(i), value});
    CHECK(error_of([&] { connection->drain(); }).failure == Failure::unavailable);
    CHECK(connection->command({"PING"}).text() == "PONG");
}

TEST_CASE("a server killed in the middle of a pipeline is unavailable") {
    Redis server;
    const auto connection = server.connect();
    const std::string value(64 * 1024, 'v');
    connection->command({"SET", "large", value});
    for (int i = 0; i < 2'000; ++i) connection->append({"GET", "large"});
    int replies = 0;
    const auto error = error_of([&] {
        connection->drain(0, [&](const Reply&) {
            if (++replies == 10) server.stop();
        });
    });
    CHECK(error.failure == Failure::unavailable);
    CHECK_THAT(error.what(), ContainsSubstring(connection->where()));
    CHECK(replies >= 10);
    CHECK(replies < 2'000);
    CHECK(error_of([&] { connection->drain(); }).failure == Failure::unavailable);
}

TEST_CASE("a Redis before 6.2 is a matter of configuration") {
    for (const auto& [version, good] : {std::pair{"2.8.24", false},
                                        {"5.0.14", false},
                                        {"6.0.20", false},
                                        {"6.1.240", false},
                                        {"6.2.0", true},
                                        {"6.10.1", true},
                                        {"7.0.15", true},
                                        {"10.0.0", true}}) {
        INFO(version);
        const ScriptedServer server{bulk("# Server\r\nredis_version:" + std::string{version} +
                                         "\r\nredis_mode:standalone")};
        const auto connect = [&] { const Connection connection{parse_address(server.url()), 5s}; };
        if (good) {
            CHECK_NOTHROW(connect());
        } else {
            const auto error = error_of(connect);
            CHECK(error.failure == Failure::configuration);
            CHECK_THAT(error.cause, ContainsSubstring(version));
            CHECK_THAT(error.cause, ContainsSubstring("6.2"));
        }
    }
}

TEST_CASE("what hangs up, turns us away or speaks no RESP is unavailable") {
    for (const std::string words :
         {"", "HTTP/1.1 400 Bad Request\r\n\r\n", "$100\r\ncut short",
          "-ERR max number of clients reached\r\n", "-LOADING Redis is loading the dataset\r\n"}) {
        INFO(words);
        const ScriptedServer server{words};
        const auto error = error_of([&] {
            const Connection connection{parse_address(server.url()), 5s};
        });
        CHECK(error.failure == Failure::unavailable);
    }
}
