// HTTP against a scripted server: what became of a request is told apart, and nothing is sent twice
// unasked.
#include "http/client.hpp"

#include "support/catch.hpp"
#include "support/http_server.hpp"
#include "support/process.hpp"
#include "support/servers.hpp"

#include <random>
#include <thread>

using namespace nightshift::http;
using namespace nightshift::test;
using namespace std::chrono_literals;
using Then = HttpAnswer::Then;

namespace {

Request post(const std::string& url, const std::string& body = "hello") {
    return {.method = "POST", .url = url, .body = body, .timeout = 400ms};
}

// Repeats at once.
Retry quick(int most, bool of_unknown = false) {
    return {.most = most, .of_unknown = of_unknown, .base = 1ms, .cap = 2ms};
}

}  // namespace

TEST_CASE("an answer comes back with status, headers and body, and the connection is used again") {
    HttpServer server{[](const HttpAsked& asked) {
        return HttpAnswer{.status = asked.method == "GET" ? 200 : 422,
                          .headers = {"X-Mine: a", "x-mine: b"},
                          .body = asked.method + " " + asked.body};
    }};
    Client client{{.user_agent = "nightshift/9"}};
    auto request = post(server.url("/a?b=c"), std::string(300'000, 'x'));
    request.headers = {"Authorization: Bearer t"};
    const auto refused = client.fetch(request);
    CHECK(refused.outcome == Outcome::answered);
    CHECK(refused.status == 422);
    CHECK(refused.body == "POST " + std::string(300'000, 'x'));
    CHECK(refused.headers.count("x-mine") == 2);
    CHECK(refused.attempts == 1);
    CHECK(!refused.is_success());
    CHECK(client.fetch({.url = server.url()}).is_success());
    CHECK(client.fetch({.method = "DELETE", .url = server.url()}).body == "DELETE ");
    CHECK(client.fetch({.method = "PUT", .url = server.url(), .body = "x"}).body == "PUT x");
    const auto asked = server.asked();
    REQUIRE(asked.size() == 4);
    CHECK(asked[0].target == "/a?b=c");
    CHECK(asked[0].headers.at("authorization") == "Bearer t");
    CHECK(asked[0].headers.at("user-agent") == "nightshift/9");
    CHECK(asked[0].headers.count("expect") == 0);
    CHECK(asked[3].connection == 1);
}

TEST_CASE("what was certainly not processed and what may have been are told apart") {
    HttpServer server{[](const HttpAsked& asked) {
        if (asked.target == "/hang") return HttpAnswer{.then = Then::hang, .says_nothing = true};
        if (asked.target == "/close") return HttpAnswer{.then = Then::close, .says_nothing = true};
        if (asked.target == "/half")
            return HttpAnswer{.body = "0123456789", .then = Then::close, .cut_after = 4};
        return HttpAnswer{};
    }};
    Client client;
    const auto hang = client.fetch(post(server.url("/hang")));
    CHECK(hang.outcome == Outcome::unknown);
    CHECK(!hang.why.empty());
    CHECK(client.fetch(post(server.url("/close"))).outcome == Outcome::unknown);
    const auto half = client.fetch(post(server.url("/half")));
    CHECK(half.outcome == Outcome::unknown);
    CHECK(half.body == "0123");
    CHECK(client.fetch(post("http://127.0.0.1:" + std::to_string(free_port()))).outcome ==
          Outcome::not_sent);
    CHECK(client.fetch(post("https://nowhere.invalid/")).outcome == Outcome::not_sent);
    // No HTTP there, and so no TLS either.
    auto tls = server.url();
    tls.replace(0, 4, "https");
    CHECK(client.fetch(post(tls)).outcome == Outcome::not_sent);
    CHECK(server.asked().size() == 3);
}

TEST_CASE("libcurl sends nothing again by itself when a kept connection turns out closed") {
    HttpServer server{[](const HttpAsked& asked) {
        return asked.target == "/first" ? HttpAnswer{}
                                        : HttpAnswer{.then = Then::close, .says_nothing = true};
    }};
    Client client;
    CHECK(client.fetch(post(server.url("/first"))).is_success());
    const auto second = client.fetch(post(server.url("/second")));
    CHECK(second.outcome == Outcome::unknown);
    CHECK(second.why == "the connection was closed without an answer");
    REQUIRE(server.asked().size() == 2);
    CHECK(server.asked()[1].connection == 1);
    // Nor one without a body, of which nothing would have to be rewound.
    CHECK(client.fetch(post(server.url("/first"))).is_success());
    CHECK(client.fetch(post(server.url("/second"), "")).outcome == Outcome::unknown);
    CHECK(server.asked().size() == 4);
}

TEST_CASE("what a kept connection lost is unknown, though the server is gone by then") {
    std::unique_ptr<HttpServer> server;
    std::jthread gone;
    server = std::make_unique<HttpServer>([&](const HttpAsked& asked) {
        if (asked.target == "/first") return HttpAnswer{};
        std::this_thread::sleep_for(50ms);
        return HttpAnswer{.then = Then::close, .says_nothing = true};
    });
    Client client;
    CHECK(client.fetch(post(server->url("/first"))).is_success());
    gone = std::jthread{[&] {
        while (server->asked().size() < 2) std::this_thread::sleep_for(1ms);
        server.reset();
    }};
    CHECK(client.fetch(post(server->url("/second"))).outcome == Outcome::unknown);
}

TEST_CASE("what may have been processed once stays so, though later attempts reach nobody") {
    std::unique_ptr<HttpServer> server;
    server = std::make_unique<HttpServer>(
        [](const HttpAsked&) { return HttpAnswer{.then = Then::close, .says_nothing = true}; });
    auto request = post(server->url());
    request.retry = {.most = 3, .of_unknown = true, .base = 200ms, .cap = 200ms};
    std::jthread gone{[&] {
        while (server->asked().empty()) std::this_thread::sleep_for(1ms);
        server.reset();
    }};
    Client client{{.seed = 4}};
    const auto response = client.fetch(request);
    CHECK(response.attempts == 4);
    CHECK(response.outcome == Outcome::unknown);
}

TEST_CASE("what may be repeated is, so often and no more") {
    std::atomic<int> fails{2};
    std::atomic<int> status{503};
    HttpServer server{[&](const HttpAsked&) {
        if (fails-- > 0)
            return HttpAnswer{.status = status,
                              .then = status == 0 ? Then::close : Then::keep,
                              .says_nothing = status == 0};
        return HttpAnswer{};
    }};
    Client client{{.seed = 7}};
    const auto asked_for = [&](int failures, int failing_status, const Retry& retry) {
        fails = failures;
        status = failing_status;
        auto request = post(server.url());
        request.retry = retry;
        return client.fetch(request);
    };
    for (const int busy : {408, 429, 503}) {
        const auto response = asked_for(2, busy, quick(2));
        CHECK(response.status == 200);
        CHECK(response.attempts == 3);
    }
    CHECK(asked_for(5, 503, quick(2)).status == 503);
    CHECK(asked_for(1, 500, quick(2)).attempts == 1);
    CHECK(asked_for(1, 404, quick(2, true)).attempts == 1);
    CHECK(asked_for(1, 500, quick(2, true)).status == 200);
    CHECK(asked_for(1, 0, quick(2)).outcome == Outcome::unknown);
    CHECK(asked_for(1, 0, quick(2, true)).status == 200);
    auto refused = post("http://127.0.0.1:" + std::to_string(free_port()));
    refused.retry = quick(3);
    CHECK(client.fetch(refused).attempts == 4);
}

TEST_CASE("Retry-After is waited for, up to a limit") {
    std::atomic<int> count{0};
    HttpServer server{[&](const HttpAsked& asked) {
        if (asked.target == "/long")
            return HttpAnswer{.status = 429, .headers = {"Retry-After: 3600"}};
        return ++count == 1 ? HttpAnswer{.status = 429, .headers = {"Retry-After: 1"}}
                            : HttpAnswer{};
    }};
    Client client;
    auto request = post(server.url());
    request.retry = quick(3);
    const auto begin = std::chrono::steady_clock::now();
    CHECK(client.fetch(request).status == 200);
    CHECK(std::chrono::steady_clock::now() - begin >= 1s);
    request.url = server.url("/long");
    const auto patience = client.fetch(request);
    CHECK(patience.status == 429);
    CHECK(patience.attempts == 1);
    CHECK(patience.retry_after == 3600s);
}

TEST_CASE("a body past the limit is cut, and the status counts") {
    HttpServer server{[](const HttpAsked&) { return HttpAnswer{.body = std::string(5000, 'x')}; }};
    Client client{{.body_limit = 1000}};
    for (int i = 0; i < 2; ++i) {
        const auto response = client.fetch({.url = server.url()});
        CHECK(response.is_success());
        CHECK(response.is_cut);
        CHECK(response.body.size() == 1000);
    }
    CHECK(server.asked()[1].connection == 1);
}

TEST_CASE("many go at once, as many as are allowed") {
    std::atomic<int> at_work{0};
    std::atomic<int> most{0};
    HttpServer server{[&](const HttpAsked&) {
        const int now = ++at_work;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        std::this_thread::sleep_for(20ms);
        --at_work;
        return HttpAnswer{};
    }};
    Client client{{.concurrency = 8}};
    int done = 0;
    for (int i = 0; i < 60; ++i) {
        client.add(post(server.url()), [&](const Response& response) {
            done += response.is_success() ? 1 : 0;
            if (done == 60) client.add(post(server.url("/last")), [&](const auto&) { ++done; });
        });
    }
    client.run();
    CHECK(done == 61);
    CHECK(most <= 8);
    CHECK(most > 4);
}

TEST_CASE("a stop, and the end of the time, end all that is left") {
    HttpServer server{
        [](const HttpAsked&) { return HttpAnswer{.then = Then::hang, .says_nothing = true}; }};
    Client client{{.concurrency = 2}};
    std::vector<Outcome> outcomes;
    const auto add = [&] {
        for (int i = 0; i < 4; ++i) {
            auto request = post(server.url());
            request.timeout = 60s;
            client.add(request,
                       [&](const auto& response) { outcomes.push_back(response.outcome); });
        }
    };
    const std::vector<Outcome> expected{Outcome::unknown, Outcome::unknown, Outcome::stopped,
                                        Outcome::stopped};
    add();
    client.run({}, std::chrono::steady_clock::now() + 300ms);
    CHECK(outcomes == expected);
    outcomes.clear();
    add();
    std::stop_source stop;
    std::jthread stopper{[&stop] {
        std::this_thread::sleep_for(300ms);
        stop.request_stop();
    }};
    client.run(stop.get_token());
    CHECK(outcomes == expected);
}

TEST_CASE("plain http goes to loopback alone, and other schemes nowhere") {
    Client client;
    for (const std::string url :
         {"http://example.com/", "ftp://127.0.0.1/", "file:///etc/passwd", "not a url",
          "http://127.0.0.1.evil.example/", "http://user@10.0.0.1/"}) {
        INFO(url);
        CHECK(client.fetch({.url = url}).outcome == Outcome::impossible);
    }
    CHECK(client.fetch({.url = "http://localhost:1/"}).outcome == Outcome::not_sent);
}

TEST_CASE("a header is one line, whatever stands in it") {
    HttpServer server{[](const HttpAsked&) { return HttpAnswer{}; }};
    Client client;
    const auto response =
        client.fetch({.url = server.url(), .headers = {"Authorization: Bearer a\r\nX-Evil: 1"}});
    CHECK(response.outcome == Outcome::impossible);
    CHECK(server.asked().empty());
}

TEST_CASE("a Retry-After of any size is a day at most") {
    for (const auto* seconds : {"10000000000000000", "9223372036854775807"}) {
        HttpServer server{[&](const HttpAsked&) {
            return HttpAnswer{.status = 429, .headers = {std::string{"Retry-After: "} + seconds}};
        }};
        Client client;
        const auto response = client.fetch({.url = server.url(), .retry = {.most = 1}});
        CHECK(response.attempts == 1);  // it is longer than anybody waits
        CHECK(response.retry_after == std::chrono::hours{24});
    }
}

TEST_CASE("a redirect is not followed") {
    HttpServer server{[](const HttpAsked&) {
        return HttpAnswer{.status = 302, .headers = {"Location: /elsewhere"}};
    }};
    CHECK(Client{}.fetch({.url = server.url()}).status == 302);
    CHECK(server.asked().size() == 1);
}

TEST_CASE("whatever a server answers has an outcome, and the next request goes well") {
    constexpr std::size_t limit = 4096;
    const std::string good =
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello";
    std::vector<std::string> answers{
        "\r\n",
        "HTTP/1.1",
        "HTTP/9.9 200\r\n\r\n",
        "HTTP/1.1 99999 x\r\n\r\n",
        "SSH-2.0-OpenSSH\r\n",
        "HTTP/1.1 200\r\nContent-Length: -5\r\n\r\nhello",
        "HTTP/1.1 200\r\nContent-Length: 99999999999999999999\r\n\r\nhello",
        "HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello",
        "HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nhello",
        "HTTP/1.1 200\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 429\r\nRetry-After: 99999999999999999999\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n",
        "HTTP/1.1 200\r\n" + std::string(200'000, 'x') + ": 1\r\n\r\n",
        "HTTP/1.1 200\r\n\r\n" + std::string(1'000'000, 'x')};
    for (const auto* repeated : {"HTTP/1.1 100 Continue\r\n\r\n", "X-A: b\r\n"}) {
        answers.emplace_back("HTTP/1.1 200 OK\r\n");
        for (int i = 0; i < 100'000; ++i) answers.back() += repeated;
    }
    std::mt19937 random{7};
    const auto any = [&random](std::size_t end) { return random() % end; };
    while (answers.size() < 300) {
        auto answer = good;
        for (auto changes = 1 + any(4); changes > 0; --changes) {
            const auto at = any(answer.size());
            switch (any(3)) {
                case 0:
                    answer[at] = static_cast<char>(any(256));
                    break;
                case 1:
                    answer.erase(at, any(12));
                    break;
                default:
                    answer.insert(at, answer.substr(any(answer.size()), any(30)));
            }
            if (answer.empty()) answer = "x";
        }
        answers.push_back(answer);
    }
    std::size_t next = 0;
    HttpServer server{[&](const HttpAsked& asked) {
        if (asked.target == "/good") return HttpAnswer{};
        return HttpAnswer{.then = Then::close, .raw = answers[next]};
    }};
    Client client{{.body_limit = limit}};
    int answered = 0;
    for (; next < answers.size(); ++next) {
        INFO(answers[next].substr(0, 200));
        const auto response = client.fetch(post(server.url("/odd")));
        CHECK((response.outcome == Outcome::answered || response.outcome == Outcome::unknown));
        CHECK((response.outcome == Outcome::answered) == response.why.empty());
        CHECK(response.body.size() <= limit);
        CHECK(response.headers.size() <= 200);
        CHECK(client.fetch({.url = server.url("/good")}).is_success());
        answered += response.outcome == Outcome::answered ? 1 : 0;
    }
    CHECK(answered > 10);
    CHECK(answered < 290);
}

TEST_CASE("an answer that trickles is cut off by the time limit") {
    HttpServer server{[](const HttpAsked&) {
        return HttpAnswer{.then = Then::hang,
                          .raw = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1"};
    }};
    const auto response = Client{}.fetch(post(server.url()));
    CHECK(response.outcome == Outcome::unknown);
    CHECK(response.status == 200);
    CHECK(response.body == "1");
}

TEST_CASE("a certificate is verified") {
    const TemporaryFolder folder;
    const auto path = [&folder](const std::string& name) {
        return (folder.path() / name).string();
    };
    REQUIRE(run({.command = {"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout",
                             path("key"), "-out", path("cert"), "-days", "2", "-subj",
                             "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"}})
                .exit_code == 0);
    const auto port = std::to_string(free_port());
    const Background server{
        {.command = {"openssl", "s_server", "-quiet", "-www", "-accept", "127.0.0.1:" + port,
                     "-key", path("key"), "-cert", path("cert")}}};
    const auto fetched = [&](const std::string& host, const std::string& authority) {
        Client client{{.ca_file = authority}};
        Request request{.url = "https://" + host + ":" + port + "/"};
        request.retry = {.most = 30, .base = 50ms, .cap = 100ms};  // until it listens
        return client.fetch(request);
    };
    CHECK(fetched("localhost", path("cert")).is_success());
    CHECK(fetched("localhost", "").outcome == Outcome::untrusted);
    CHECK(fetched("127.0.0.1", path("cert")).outcome == Outcome::untrusted);
}
