// HTTP and SMTP to providers: many requests over one curl multi loop, in the caller's thread.
//
// Each request ends in one Response; what became of it on the way is told apart as senders need it:
// answered, certainly not processed, perhaps processed, or a certificate that is not to be trusted.
// None that is not idempotent (RFC 9110, 9.2.2) is sent again by libcurl itself; a GET, PUT or
// DELETE may reach the server twice where a kept connection turns out to be closed. What may be
// repeated is said by the caller (Retry), and then is, with full jitter (sleep = random between 0
// and min(cap, base * 2^n)) and the server's Retry-After.
//
// HTTP/1.1, TLS verified, no redirects, plain http to loopback alone, answers cut at a limit, no
// proxy but the environment's (https_proxy).
//
// What would hold the loop up, as reading and hashing what is to be sent does, is done beside it.
#pragma once

#include "base/instant.hpp"

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace nightshift::http {

using Milliseconds = std::chrono::milliseconds;

struct Retry {
    int most = 0;  // times after the first
    bool of_unknown =
        false;  // also where the server may have processed it: for what may come twice
    Milliseconds base{500};
    Milliseconds cap{30'000};            // of one pause, but for Retry-After
    Milliseconds longest_wait{900'000};  // a longer Retry-After is the last answer
};

// A message for one recipient over SMTP (RFC 5321), in place of a HTTP request: body is the
// message, with CRLF at its lines' ends. Over TLS (STARTTLS, or smtps) but to loopback. To nobody:
// it logs in and says NOOP, and nothing is sent.
struct Mail {
    std::string from = {};  // of the envelope: <coach@example.test>
    std::string to = {};
    std::string user = {};
    std::string password = {};
    bool is_last_on_connection = false;
};

// What is sent. Copies share it, as one that is to be repeated may be large.
class Body {
  public:
    Body(std::string bytes = {}) : bytes_{std::make_shared<const std::string>(std::move(bytes))} {}
    Body(const char* text) : Body{std::string{text}} {}
    Body(std::shared_ptr<const std::string> bytes) : bytes_{std::move(bytes)} {}
    const std::string& bytes() const { return *bytes_; }

  private:
    std::shared_ptr<const std::string> bytes_;
};

struct Request {
    std::string method = "GET";
    std::string url = {};                   // https, or http to loopback
    std::vector<std::string> headers = {};  // "Name: value"
    Body body = {};
    Milliseconds connect_timeout{3'000};
    Milliseconds timeout{15'000};          // of one attempt
    std::chrono::seconds most_silence{0};  // nothing moves for so long; 0: the timeout alone
    std::uint64_t most_per_second = 0;     // bytes that are sent; 0: as fast as they go
    Retry retry = {};
    std::optional<Mail> mail = {};
    bool only_connects = false;      // with TLS and all, and then asks for nothing
    bool wants_certificate = false;  // Response::certificate_ends
};

enum class Outcome {
    answered,    // whatever the status
    not_sent,    // refused, unresolved, or cut before the request was on the wire
    unknown,     // it may have been processed, by this attempt or an earlier one: no answer, or
                 // half of one, whose status may have come
    untrusted,   // TLS: the certificate is not to be trusted
    impossible,  // this url is none that may be asked
    stopped,     // by the stop token, or out of the loop's time, before it began anew
};

struct Response {
    Outcome outcome = Outcome::not_sent;
    int status = 0;                                        // where one came
    std::multimap<std::string, std::string> headers = {};  // names in lower case
    std::string body = {};
    bool is_cut = false;  // the body was longer than the limit
    std::optional<std::chrono::seconds> retry_after = {};
    std::string last_line = {};     // of a mail server
    std::string last_command = {};  // that it was given: MAIL, RCPT, DATA
    bool was_logged_in = false;     // by AUTH: a server that offers none is not
    std::string why = {};           // where not answered: libcurl's words, without the url
    std::optional<Instant> certificate_ends = {};  // where the request opened a connection over TLS
    int attempts = 0;
    std::chrono::microseconds took{};  // of the last attempt

    bool is_success() const { return outcome == Outcome::answered && status / 100 == 2; }
};

struct ClientOptions {
    std::string user_agent = "nightshift";
    std::size_t concurrency = 64;
    std::size_t body_limit = 1 << 20;        // bytes
    std::string ca_file = {};                // PEM; empty: the system's
    bool allow_insecure = false;             // plain http to anywhere
    std::optional<std::uint64_t> seed = {};  // of the jitter
};

// Why a url may not be asked; empty: it may.
std::string objection(const std::string& url, bool allow_insecure = false, bool is_mail = false);

// https://host:port of a url, and smtp:// and so on: without user, path and query, which may be
// secret. Empty: it is none.
std::string origin(const std::string& url);

// A date of HTTP (RFC 9110, 5.6.7): Sun, 29 Nov 2026 12:00:00 GMT. nullopt: it is none.
std::optional<Instant> parse_date(const std::string& text);

// Not for use by two threads at once.
class Client {
  public:
    using Done = std::function<void(const Response&)>;

    explicit Client(ClientOptions options = {});
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    // Queued, in memory, until run(); done may add more.
    void add(Request request, Done done);

    // Done in a thread of the client's own, which it has a few of; then: in the loop, with what it
    // threw, or an Error where it was ended before it began. Counts as open until then.
    void work(std::function<void()> work, std::function<void(std::exception_ptr)> then);

    // Until all are done. A stop, or the time given, ends those that wait (stopped, or with their
    // last outcome where they wait to be repeated) and cuts off those on the wire (unknown).
    void run(const std::stop_token& stop = {},
             std::optional<std::chrono::steady_clock::time_point> until = {});

    // One round of that loop, for who has other work between: until something is done, wake() is
    // called, or the time has come.
    void turn(std::chrono::steady_clock::time_point until);
    // From any thread.
    void wake();
    // As a stop does: what is on the wire is cut off, and work that has begun comes to its end.
    void end_all(const std::string& why);
    // The same, and nobody is told any more: for who is about to go.
    void abandon();
    std::size_t open() const;  // requests and work that are not done

    // One alone.
    Response fetch(Request request, const std::stop_token& stop = {});

  private:
    class Loop;
    std::unique_ptr<Loop> loop_;
};

}  // namespace nightshift::http
