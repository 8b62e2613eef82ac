// A mail server, scripted.
#include "notifications/provider_scene.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

using namespace nightshift;
using namespace nightshift::notifications;
using namespace nightshift::test;
using namespace std::chrono_literals;

TEST_CASE("a mail server's refusals mean what they answer") {
    std::string at;
    std::string say;
    SmtpServer server{[&](const std::string& command) {
        return !at.empty() && command.starts_with(at) ? say : std::string{};
    }};
    http::Client client;
    Smtp smtp{client,
              {.url = "smtp://coach:s3cret%21@" + server.url().substr(7),
               .from = "Coach <coach@app.test>",
               .timeout = 500ms}};
    const auto answer_at = [&](const std::string& command, const std::string& said) {
        at = command;
        say = said;
        const auto receipt = sent(client, smtp, outgoing(Channel::email, "lea@example.test"));
        UNSCOPED_INFO(command << " " << receipt.code << " " << receipt.why);
        return std::string{name(receipt.outcome)};
    };
    const auto taken = sent(client, smtp, outgoing(Channel::email, "lea@example.test"));
    CHECK(taken.outcome == Class::accepted);
    CHECK(taken.provider_id == "ABC123");
    CHECK(answer_at("RCPT", "550 5.1.1 no such user") == "dead");
    CHECK(answer_at("RCPT", "550 5.7.1 not here") == "reject");
    CHECK(answer_at("RCPT", "450 4.7.1 greylisted") == "retry");
    CHECK(answer_at("MAIL", "421 too busy") == "retry");
    CHECK(answer_at("MAIL", "553 5.1.8 sender not allowed") == "config");
    CHECK(answer_at("AUTH", "535 5.7.8 bad credentials") == "config");
    CHECK(answer_at(".", "451 4.3.0 try again") == "retry");
    CHECK(answer_at(".", "554 5.7.1 spam") == "reject");
    CHECK(answer_at("DATA", "close") == "retry");
    const auto before = server.messages().size();
    CHECK(answer_at(".", "close") == "unknown");
    CHECK(answer_at(".", "hang") == "unknown");
    CHECK(server.messages().size() == before + 2);
    for (const auto& command : server.commands())
        CHECK(command.find("s3cret") == std::string::npos);  // base 64 at most
}

TEST_CASE("a mail server may take its time, and its goodbye is not waited for") {
    SmtpServer server{[](const std::string& command) {
        if (command == ".") std::this_thread::sleep_for(11s);  // it scans what it is given
        if (command.starts_with("RCPT TO:<no")) return std::string{"550 5.7.1 no"};
        return command == "QUIT" ? std::string{"hang"} : std::string{};
    }};
    http::Client client;
    Smtp smtp{client, {.url = server.url(), .from = "coach@app.test", .timeout = 30s}};
    CHECK(sent(client, smtp, outgoing(Channel::email, "lea@example.test")).outcome ==
          Class::accepted);
    CHECK(sent(client, smtp, outgoing(Channel::email, "no@example.test")).outcome == Class::reject);
}

TEST_CASE("at the end no mail server's goodbye is waited for") {
    std::atomic<bool> has_quit{false};
    SmtpServer server{[&](const std::string& command) {
        has_quit = has_quit || command == "QUIT";
        return command == "QUIT" ? std::string{"hang"} : std::string{};
    }};
    {
        http::Client client;
        Smtp smtp{client, {.url = server.url(), .from = "coach@app.test"}};
        CHECK(sent(client, smtp, outgoing(Channel::email, "lea@example.test")).outcome ==
              Class::accepted);
    }
    CHECK_FALSE(has_quit);  // the connection was cut
}

TEST_CASE("mails go over one connection, one recipient each, without what is not theirs") {
    SmtpServer server;
    http::Client client;
    Smtp smtp{client, {.url = server.url(), .from = "coach@app.test"}};
    for (int i = 0; i < 3; ++i) {
        CHECK(
            sent(client, smtp, outgoing(Channel::email, "l" + std::to_string(i) + "@example.test"))
                .outcome == Class::accepted);
    }
    CHECK(server.connections() == 1);
    const auto commands = server.commands();
    CHECK(std::count(commands.begin(), commands.end(), "MAIL FROM:<coach@app.test>") == 3);
    CHECK(std::count(commands.begin(), commands.end(), "RCPT TO:<l1@example.test>") == 1);
}

TEST_CASE("a mail server must offer TLS, but on loopback") {
    // 127.0.0.1 by another name counts as elsewhere.
    SmtpServer server;
    http::Client client;
    auto url = server.url();
    url.replace(url.find("127.0.0.1"), 9, "0.0.0.0");
    Smtp smtp{client, {.url = url, .from = "coach@app.test", .timeout = 2s}};
    CHECK(sent(client, smtp, outgoing(Channel::email, "lea@example.test")).outcome ==
          Class::config);
    CHECK(server.messages().empty());
}
