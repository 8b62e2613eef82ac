#include "redis/connection.hpp"

#include "support/catch.hpp"
#include "support/expect.hpp"
#include "support/servers.hpp"

#include <signal.h>

using namespace nightshift;
using namespace nightshift::test;
using namespace std::chrono_literals;
using nightshift::redis::Connection;
using nightshift::redis::parse_address;
using nightshift::redis::Reply;

namespace {

std::string at_port(int port, const std::string& login = "", int database = 0) {
    return "redis://" + login + "127.0.0.1:" + std::to_string(port) + "/" +
           std::to_string(database);
}

Error failure_to_connect(const std::string& url) {
    return error_of([&] { const Connection connection{parse_address(url), 2s}; });
}

std::string answer(Connection& connection, const redis::Arguments& arguments) {
    return std::string{connection.command(arguments).text()};
}

}  // namespace

TEST_CASE("a command is answered over TCP and over a Unix socket, and bytes are kept") {
    const Redis server;
    std::string bytes;
    for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
    for (const auto& url : {server.url(), server.socket_url()}) {
        INFO(url);
        Connection connection{parse_address(url)};
        CHECK(connection.where() == parse_address(url).where());
        CHECK(answer(connection, {"PING"}) == "PONG");
        CHECK(answer(connection, {"SET", "key\r\n" + bytes, bytes}) == "OK");
        CHECK(answer(connection, {"GET", "key\r\n" + bytes}) == bytes);
        CHECK(answer(connection, {"SET", "empty", ""}) == "OK");
        CHECK(connection.command({"GET", "empty"}).text_or_nil() == "");
    }
}

TEST_CASE("a reply is read as what it is") {
    const Redis server;
    const auto connection = server.connect();
    CHECK(connection->command({"GET", "nothing"}).is_nil());
    CHECK_FALSE(connection->command({"GET", "nothing"}).text_or_nil());
    CHECK(connection->command({"INCRBY", "n", "-9000000000"}).integer() == -9'000'000'000);
    CHECK(connection->command({"GET", "n"}).integer() == -9'000'000'000);
    const auto error = connection->try_command({"INCR"});
    CHECK(error.is_error());
    CHECK_THAT(std::string{error.text()}, ContainsSubstring("wrong number of arguments"));
    const auto array =
        connection->command({"EVAL", "return {'a', false, 42, {'b', false, 'c'}, {}}", "0"});
    CHECK_FALSE(array.is_error());
    REQUIRE(array.size() == 5);
    CHECK(array.element_text(0) == "a");
    CHECK_FALSE(array.element_text(1));
    CHECK(array.element_integer(2) == 42);
    CHECK(array.nested_texts(3) == std::vector<std::optional<std::string>>{"b", std::nullopt, "c"});
    CHECK(array.nested_texts(4).empty());
}

TEST_CASE("the url's database is the one that is used") {
    const Redis server;
    Connection third{parse_address(at_port(server.port(), "", 3))};
    third.command({"SET", "where", "third"});
    CHECK(server.connect()->command({"GET", "where"}).is_nil());
    Connection over_socket{parse_address(server.socket_url() + "?db=3")};
    CHECK(answer(over_socket, {"GET", "where"}) == "third");
    const auto error = failure_to_connect(at_port(server.port(), "", 99));
    CHECK(error.failure == Failure::configuration);
    CHECK_THAT(error.what(), ContainsSubstring("/99"));
}

TEST_CASE("a password that is wrong, missing or not asked for is a matter of configuration") {
    const Redis open;
    const Redis closed{{"--requirepass", "the_pw"}};
    Connection admin{parse_address(closed.url())};
    CHECK(answer(admin, {"PING"}) == "PONG");
    admin.command({"ACL", "SETUSER", "app", "on", ">app_pw", "~*", "+@all"});
    Connection app{parse_address(at_port(closed.port(), "app:app_pw@"))};
    CHECK(answer(app, {"ACL", "WHOAMI"}) == "app");
    for (const auto& url :
         {at_port(closed.port(), ":wrong_pw@"), at_port(closed.port()),
          at_port(closed.port(), "app:wrong_pw@"), at_port(closed.port(), "nobody:app_pw@"),
          at_port(closed.port(), "app@"), at_port(open.port(), ":needless_pw@")}) {
        const auto error = failure_to_connect(url);
        INFO(url << "\n" << words_of(error));
        CHECK(error.failure == Failure::configuration);
        CHECK_THAT(error.what(), ContainsSubstring(parse_address(url).where()));
        CHECK(words_of(error).find("_pw") == std::string::npos);
    }
}

TEST_CASE("a user who may do little can do that, and what it may not is configuration") {
    const Redis server;
    server.connect()->command({"ACL", "SETUSER", "reader", "on", ">pw", "~*", "+get"});
    Connection reader{parse_address(at_port(server.port(), "reader:pw@"))};
    CHECK(reader.command({"GET", "x"}).is_nil());
    CHECK(error_of([&] { reader.command({"SET", "x", "1"}); }).failure == Failure::configuration);
    CHECK(reader.command({"GET", "x"}).is_nil());
}

TEST_CASE("where nobody answers Redis is unavailable, and the place is named") {
    const TemporaryFolder folder;
    const auto port = free_port();
    for (const auto& url :
         {at_port(port, ":hush-hush@"), std::string{"redis://:hush-hush@nowhere.invalid"},
          "unix://:hush-hush@" + (folder.path() / "no.sock").string(),
          "unix://:hush-hush@" + (folder.path() / std::string(200, 'x')).string()}) {
        const auto error = failure_to_connect(url);
        INFO(words_of(error));
        CHECK(error.failure == Failure::unavailable);
        CHECK_THAT(error.what(), ContainsSubstring(parse_address(url).where()));
        CHECK(words_of(error).find("hush-hush") == std::string::npos);
    }
}

TEST_CASE("a server that has no room for one more client is unavailable, not our bug") {
    const Redis server{{"--maxclients", "1"}};
    std::unique_ptr<Connection> only;
    REQUIRE(eventually([&] {  // until the server has noticed that its first client left
        try {
            only = server.connect();
            only->command({"PING"});
        } catch (const Error&) {
            only.reset();
        }
        return only != nullptr;
    }));
    for (const std::string login : {"", ":some-password@"}) {
        const auto error = failure_to_connect(at_port(server.port(), login));
        INFO(login << "\n" << words_of(error));
        CHECK(error.failure == Failure::unavailable);
    }
}

TEST_CASE("a server that hangs is unavailable after the timeout, at the connect and later") {
    Redis server;
    Connection before{parse_address(server.url()), 200ms};
    server.process().signal(SIGSTOP);
    const auto at_connect = error_of([&] {
        const Connection connection{parse_address(server.url()), 200ms};
    });
    CHECK(at_connect.failure == Failure::unavailable);
    CHECK_THAT(at_connect.cause, ContainsSubstring("200 ms"));
    CHECK(error_of([&] { before.command({"PING"}); }).failure == Failure::unavailable);
}

TEST_CASE("a connection that failed stays failed, though the server is well again") {
    Redis server;
    server.connect()->command({"SET", "first", "1"});
    Connection hung{parse_address(server.url()), 200ms};
    Connection cut{parse_address(server.url()), 2s};
    server.process().signal(SIGSTOP);
    CHECK(error_of([&] { hung.command({"GET", "first"}); }).failure == Failure::unavailable);
    server.process().signal(SIGCONT);
    server.connect()->command({"PING"});
    for (int i = 0; i < 2; ++i) {
        CHECK(error_of([&] { hung.command({"PING"}); }).failure == Failure::unavailable);
    }

    server.stop();
    CHECK(error_of([&] { cut.command({"PING"}); }).failure == Failure::unavailable);
    server.start();
    for (int i = 0; i < 2; ++i) {
        CHECK(error_of([&] { cut.command({"PING"}); }).failure == Failure::unavailable);
    }
    CHECK(answer(*server.connect(), {"PING"}) == "PONG");
}

TEST_CASE("a server out of memory is unavailable and keeps answering reads") {
    const Redis server{{"--maxmemory", "3mb", "--maxmemory-policy", "noeviction"}};
    const auto connection = server.connect();
    const std::string value(64 * 1024, 'x');
    const auto error = error_of([&] {
        for (int i = 0; i < 200; ++i) connection->command({"SET", std::to_string(i), value});
    });
    CHECK(error.failure == Failure::unavailable);
    CHECK_THAT(error.cause, ContainsSubstring("OOM"));
    CHECK(connection->command({"GET", "0"}).text() == value);
}

TEST_CASE("an error reply means what its first word says") {
    const Redis server;
    const auto connection = server.connect();
    for (const auto& [reply, failure] : {
             std::pair{"WRONGPASS invalid username-password pair", Failure::configuration},
             {"NOAUTH Authentication required.", Failure::configuration},
             {"NOPERM this user has no permissions", Failure::configuration},
             {"ERR DB index is out of range", Failure::configuration},
             {"OOM command not allowed when used memory > 'maxmemory'.", Failure::unavailable},
             {"LOADING Redis is loading the dataset in memory", Failure::unavailable},
             {"READONLY You can't write against a read only replica.", Failure::unavailable},
             {"MISCONF Errors writing to the AOF file", Failure::unavailable},
             {"BUSY Redis is busy running a script.", Failure::unavailable},
             {"MASTERDOWN Link with MASTER is down", Failure::unavailable},
             {"NOREPLICAS Not enough good replicas to write.", Failure::unavailable},
             {"CLUSTERDOWN The cluster is down", Failure::unavailable},
             {"ERR unknown command 'FROB'", Failure::configuration},
             {"WRONGTYPE Operation against a key", Failure::configuration},
             {"ERR syntax error", Failure::internal},
         }) {
        INFO(reply);
        const auto error = error_of([&, reply = reply] { connection->refuse(reply); });
        CHECK(error.failure == failure);
        CHECK(error.cause == reply);
        CHECK_THAT(error.what(), ContainsSubstring(connection->where()));
    }
}
