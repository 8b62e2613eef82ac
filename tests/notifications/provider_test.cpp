// The conformance suite of the providers, and what each says in its own words.
#include "notifications/channels/folder.hpp"
#include "notifications/provider_scene.hpp"
#include "support/catch.hpp"
#include "support/expect.hpp"

#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

using namespace nightshift;
using namespace nightshift::notifications;
using namespace nightshift::test;
using namespace std::chrono_literals;
using Json = nlohmann::json;
using Then = HttpAnswer::Then;

namespace {

// A provider that speaks HTTP, whose server does what a test says; FCM's token is always given.
struct Scene {
    std::string which;
    std::function<HttpAnswer(const HttpAsked&)> script;
    HttpServer server{[this](const HttpAsked& asked) {
        return asked.target == "/token" ? access_token("t1") : script(asked);
    }};
    http::Client client{};
    std::unique_ptr<Provider> provider = make();

    std::unique_ptr<Provider> make() {
        if (which == "fcm")
            return std::make_unique<Fcm>(client,
                                         FcmOptions{account_at(server), server.url(""), {}, 400ms});
        if (which == "twilio")
            return std::make_unique<Twilio>(
                client,
                TwilioOptions{"AC1", "secret-token", "+15005550006", "", server.url(""), 400ms});
        return std::make_unique<SendGrid>(
            client,
            SendGridOptions{"SG.secret", "Coach <coach@app.test>", {}, server.url(""), 400ms});
    }
    Receipt send() {
        return sent(client, *provider,
                    which == "fcm"      ? outgoing(Channel::push, "dev1ce:APA91b")
                    : which == "twilio" ? outgoing(Channel::sms, "+14155550100")
                                        : outgoing(Channel::email, "lea@example.test"));
    }
    // Requests for messages.
    std::vector<HttpAsked> asked() const {
        auto all = server.asked();
        std::erase_if(all, [](const auto& each) { return each.target == "/token"; });
        return all;
    }
};

HttpAnswer success(const std::string& which) {
    if (which == "fcm") return {.body = R"({"name":"projects/demo/messages/1"})"};
    if (which == "twilio") return {.status = 201, .body = R"({"sid":"SM1","status":"queued"})"};
    return {.status = 202, .headers = {"X-Message-Id: m1"}};
}

HttpAnswer fcm_error(int status, const std::string& code, const std::string& message,
                     const std::string& error_code) {
    Json error{{"code", status}, {"status", code}, {"message", message}};
    if (!error_code.empty())
        error["details"] = {{{"@type", "type.googleapis.com/google.firebase.fcm.v1.FcmError"},
                             {"errorCode", error_code}}};
    return {.status = status, .body = Json{{"error", error}}.dump()};
}

HttpAnswer twilio_error(int status, int code) {
    return {.status = status,
            .body = Json{{"code", code}, {"message", "no"}, {"status", status}}.dump()};
}

std::string class_of(const std::string& which, const HttpAnswer& answer) {
    Scene scene{which, [&](const auto&) { return answer; }};
    const auto receipt = scene.send();
    CHECK(scene.asked().size() == 1);
    return std::string{name(receipt.outcome)} + (receipt.is_of_country ? " country" : "");
}

}  // namespace

TEST_CASE("every provider over HTTP tells what became of a message") {
    const std::string which = GENERATE("fcm", "twilio", "sendgrid");
    INFO(which);
    HttpAnswer answer = success(which);
    Scene scene{which, [&](const auto&) { return answer; }};
    SECTION("it is taken, under an id") {
        const auto receipt = scene.send();
        CHECK(receipt.outcome == Class::accepted);
        CHECK(receipt.provider_id == (which == "fcm"      ? "projects/demo/messages/1"
                                      : which == "twilio" ? "SM1"
                                                          : "m1"));
    }
    SECTION("a 429 is to be tried again, when the server says") {
        answer = {.status = 429, .headers = {"Retry-After: 17"}};
        const auto receipt = scene.send();
        CHECK(receipt.outcome == Class::retry);
        CHECK(receipt.retry_after == 17s);
    }
    SECTION("or at a date") {
        const auto at =
            std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() + 90s);
        std::array<char, 64> date{};
        std::strftime(date.data(), date.size(), "%a, %d %b %Y %H:%M:%S GMT", std::gmtime(&at));
        answer = {.status = 429, .headers = {std::string{"Retry-After: "} + date.data()}};
        const auto receipt = scene.send();
        CHECK(receipt.outcome == Class::retry);
        CHECK(receipt.retry_after.value() >= 80s);
        CHECK(receipt.retry_after.value() <= 91s);
    }
    SECTION("or some time") {
        answer = {.status = 429};
        const auto receipt = scene.send();
        CHECK(receipt.outcome == Class::retry);
        CHECK(receipt.retry_after == (which == "fcm" ? std::optional{60s} : std::nullopt));
    }
    SECTION("a 500 may have been taken") {
        answer = {.status = GENERATE(500, 502, 504)};
        CHECK(scene.send().outcome == Class::unknown);
    }
    SECTION("a 503 was not") {
        answer = {.status = 503, .body = "<html>busy</html>"};
        CHECK(scene.send().outcome == Class::retry);
    }
    SECTION("no answer may be one") {
        answer = {.then = Then::hang, .says_nothing = true};
        CHECK(scene.send().outcome == Class::unknown);
    }
    SECTION("half an answer is none") {
        answer.body += std::string(1000, ' ');
        answer.then = Then::hang;
        answer.cut_after = 10;
        CHECK(scene.send().outcome == Class::unknown);
    }
    SECTION("nor is a connection that is closed, and no request is sent twice") {
        answer = {.then = Then::close, .says_nothing = true};
        CHECK(scene.send().outcome == Class::unknown);
        CHECK(scene.asked().size() == 1);
        answer = success(which);
        CHECK(scene.send().outcome == Class::accepted);  // keeps the connection
        answer = {.then = Then::close, .says_nothing = true};
        CHECK(scene.send().outcome == Class::unknown);
        CHECK(scene.asked().size() == 3);
    }
    SECTION("what is taken, with words that cannot be read, is taken") {
        answer.body = GENERATE("<html>thanks</html>", "{\"name\":\"projects/de", "[1]", "null");
        if (which == "sendgrid") answer.headers.clear();
        const auto receipt = scene.send();
        CHECK(receipt.outcome == Class::accepted);
        CHECK(receipt.provider_id.empty());
    }
    SECTION("an error may be of any length") {
        answer = {.status = 400, .body = std::string(10'000'000, 'x')};
        CHECK(scene.send().outcome == Class::reject);
    }
    SECTION("a redirect is not followed") {
        answer = {.status = 302, .headers = {"Location: /elsewhere"}};
        CHECK(scene.send().outcome == Class::config);
    }
    SECTION("our credentials, or our account") {
        answer = {.status = GENERATE(403, 404)};
        const auto expected =
            which == "sendgrid" && answer.status == 404 ? Class::reject : Class::config;
        CHECK(scene.send().outcome == expected);
    }
}

TEST_CASE("a provider that nobody answers for was not reached") {
    http::Client client;
    const auto url = "http://127.0.0.1:" + std::to_string(free_port());
    Twilio twilio{client, {"AC1", "secret-token", "+15005550006", "", url}};
    CHECK(sent(client, twilio, outgoing(Channel::sms, "+14155550100")).outcome == Class::retry);
    Smtp smtp{client, {.url = "smtp" + url.substr(4), .from = "coach@app.test"}};
    CHECK(sent(client, smtp, outgoing(Channel::email, "lea@example.test")).outcome == Class::retry);
    Fcm fcm{client,
            {.account = {.project_id = "demo",
                         .client_email = "a@b",
                         .private_key_id = "k",
                         .private_key = private_key(),
                         .token_uri = url + "/token"},
             .base_url = url}};
    const auto receipt = [&] {
        Receipt said;
        fcm.send(outgoing(Channel::push, "token"), [&](const auto& each) { said = each; });
        client.run({}, std::chrono::steady_clock::now() + 3s);
        return said;
    }();
    CHECK(receipt.outcome == Class::retry);
}

TEST_CASE("FCM is asked as its manual has it, and its errors are told apart") {
    Scene scene{"fcm", [](const auto&) { return success("fcm"); }};
    scene.send();
    const auto asked = scene.asked().at(0);
    CHECK(asked.target == "/v1/projects/demo/messages:send");
    CHECK(asked.headers.at("authorization") == "Bearer t1");
    const auto message = Json::parse(asked.body)["message"];
    CHECK(message["token"] == "dev1ce:APA91b");
    CHECK(message["notification"] == Json{{"title", "Your streak"}, {"body", "Five minutes, Zoë"}});
    CHECK(message["android"]["ttl"] == "7200s");
    CHECK(message["android"]["priority"] == "HIGH");
    CHECK(message["android"]["notification"]["tag"] == "streak_at_risk-2026-11-23");
    CHECK(message["apns"]["headers"]["apns-expiration"] == "1795428000");
    CHECK(message["data"]["nid"] == "7.1");

    CHECK(class_of("fcm", fcm_error(404, "NOT_FOUND", "gone", "UNREGISTERED")) == "dead");
    CHECK(class_of("fcm", fcm_error(403, "PERMISSION_DENIED", "x", "SENDER_ID_MISMATCH")) ==
          "dead");
    CHECK(class_of("fcm", fcm_error(400, "INVALID_ARGUMENT",
                                    "The registration token is not a valid FCM registration token",
                                    "INVALID_ARGUMENT")) == "dead");
    CHECK(class_of("fcm", fcm_error(400, "INVALID_ARGUMENT", "payload", "")) == "reject");
    CHECK(class_of("fcm", fcm_error(401, "UNAUTHENTICATED", "x", "THIRD_PARTY_AUTH_ERROR")) ==
          "config");
    CHECK(class_of("fcm", fcm_error(403, "PERMISSION_DENIED", "x", "")) == "config");
    CHECK(class_of("fcm", fcm_error(404, "NOT_FOUND", "no project", "")) == "config");
    CHECK(class_of("fcm", fcm_error(429, "RESOURCE_EXHAUSTED", "x", "QUOTA_EXCEEDED")) == "retry");
    CHECK(class_of("fcm", fcm_error(500, "INTERNAL", "x", "INTERNAL")) == "unknown");
    CHECK(class_of("fcm", fcm_error(503, "UNAVAILABLE", "x", "UNAVAILABLE")) == "retry");
}

TEST_CASE("an access token that is refused is fetched once more, however many wait for it") {
    std::atomic<int> tokens{0};
    HttpServer server{[&](const HttpAsked& asked) -> HttpAnswer {
        if (asked.target == "/token") return access_token("t" + std::to_string(++tokens));
        if (asked.headers.at("authorization") == "Bearer t1" ||
            asked.headers.at("authorization") == "Bearer old")
            return fcm_error(401, "UNAUTHENTICATED", "expired", "");
        return success("fcm");
    }};
    http::Client client;
    std::string kept;
    std::optional<Fcm> fcm{
        std::in_place, client,
        FcmOptions{account_at(server),
                   server.url(""),
                   {.load = [] { return std::optional<std::string>{"old"}; },
                    .save = [&](const AccessToken& token) { kept = token.value; }}}};
    tokens = 1;  // the next is t2
    int accepted = 0;
    for (int i = 0; i < 50; ++i)
        fcm->send(outgoing(Channel::push, "token" + std::to_string(i)), [&](const auto& receipt) {
            accepted += receipt.outcome == Class::accepted ? 1 : 0;
        });
    client.run();
    CHECK(accepted == 50);
    CHECK(tokens == 2);
    fcm.reset();
    CHECK(kept == "t2");

    // Refused with the new one too: it is ours to mend.
    tokens = 0;
    Fcm other{client, {account_at(server), server.url("")}};
    HttpServer stubborn{[&](const HttpAsked& asked) {
        return asked.target == "/token" ? access_token("t9")
                                        : fcm_error(401, "UNAUTHENTICATED", "expired", "");
    }};
    Fcm refused{client, {account_at(stubborn), stubborn.url("")}};
    CHECK(sent(client, refused, outgoing(Channel::push, "token")).outcome == Class::config);
    CHECK(stubborn.asked().size() == 4);
}

TEST_CASE("a service account that Google refuses is ours to mend, and sends nothing") {
    HttpServer server{[](const auto&) {
        return HttpAnswer{.status = 400,
                          .body = R"({"error":"invalid_grant","error_description":"bad key"})"};
    }};
    http::Client client;
    Fcm fcm{client, {account_at(server), server.url("")}};
    const auto receipt = sent(client, fcm, outgoing(Channel::push, "token"));
    CHECK(receipt.outcome == Class::config);
    CHECK_THAT(receipt.why, ContainsSubstring("invalid_grant"));
    CHECK(server.asked().size() == 1);
    const auto body = server.asked().at(0).body;
    CHECK(body.starts_with(
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion="));
}

TEST_CASE("what is no service account is told by its field, and never with its key") {
    const TemporaryFolder folder;
    const auto complaint = [&](const std::string& text) {
        const auto error = error_of([&] { read_service_account(folder.file("key.json", text)); });
        CHECK(error.failure == Failure::configuration);
        CHECK(words_of(error).find("PRIVATE KEY") == std::string::npos);
        return error.cause.substr(error.cause.rfind(": ") + 2);
    };
    CHECK(complaint("not json") == "it is no JSON object");
    CHECK(complaint("{}") == "it has no type");
    CHECK(complaint(R"({"type":"authorized_user","project_id":"a","private_key_id":"b",)"
                    R"("client_email":"c","private_key":"d"})") ==
          "its type is not service_account");
    auto good = service_account_json("https://oauth2.googleapis.com/token");
    CHECK(read_service_account(folder.file("good.json", good)).project_id == "demo");
    auto bad = good;
    bad.replace(bad.find("MII"), 3, "AAA");
    CHECK(complaint(bad) == "its private_key is no RSA key in PEM");
    CHECK_THAT(words_of(error_of([] { read_service_account("/none/such.json"); })),
               ContainsSubstring("there is no such file"));
}

TEST_CASE("Twilio is asked as its manual has it, and its codes are told apart") {
    Scene scene{"twilio", [](const auto&) { return success("twilio"); }};
    scene.send();
    const auto asked = scene.asked().at(0);
    CHECK(asked.target == "/2010-04-01/Accounts/AC1/Messages.json");
    CHECK(asked.headers.at("authorization") == "Basic QUMxOnNlY3JldC10b2tlbg==");
    CHECK(asked.headers.at("content-type") == "application/x-www-form-urlencoded");
    CHECK(asked.body ==
          "To=%2B14155550100&From=%2B15005550006&Body=Five%20minutes%2C%20Zo%C3%AB&"
          "ValidityPeriod=7200");
    for (const auto& [status, code, expected] : {std::tuple{401, 20003, "config"},
                                                 {400, 21212, "config"},
                                                 {400, 21606, "config"},
                                                 {400, 21608, "config"},
                                                 {429, 20429, "retry"},
                                                 {500, 20500, "unknown"},
                                                 {503, 20503, "retry"},
                                                 {400, 21211, "dead"},
                                                 {400, 21614, "dead"},
                                                 {400, 21610, "suppressed"},
                                                 {400, 21408, "config country"},
                                                 {400, 21611, "retry"},
                                                 {400, 21612, "reject"},
                                                 {400, 21617, "reject"},
                                                 {429, 63038, "config"},
                                                 {400, 99999, "reject"}}) {
        INFO(code);
        CHECK(class_of("twilio", twilio_error(status, code)) == expected);
    }
}

TEST_CASE("SendGrid is asked as its manual has it, and its errors are told apart") {
    HttpAnswer answer = success("sendgrid");
    HttpServer server{[&](const auto&) { return answer; }};
    http::Client client;
    SendGrid sendgrid{client,
                      {"SG.secret", "Coach <coach@app.test>",
                       Unsubscribe{"https://app.test/u", "s3cret"}, server.url("")}};
    auto message = outgoing(Channel::email, "lea@example.test");
    message.message.title = "Day \"12\" for Zoë";
    CHECK(sent(client, sendgrid, message).outcome == Class::accepted);
    const auto asked = server.asked().at(0);
    CHECK(asked.headers.at("authorization") == "Bearer SG.secret");
    const auto json = Json::parse(asked.body);
    CHECK(json["from"] == Json{{"email", "coach@app.test"}, {"name", "Coach"}});
    CHECK(json["subject"] == "Day \"12\" for Zoë");
    CHECK(json["content"][0]["type"] == "text/plain");
    CHECK(json["content"][1]["value"] == "<p>Five minutes, Zoë</p>");
    const auto person = json["personalizations"][0];
    CHECK(person["to"] == Json::array({{{"email", "lea@example.test"}}}));
    CHECK(person["custom_args"]["nid"] == "7.1");
    CHECK(person["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click");
    const auto error = [&](int status, const std::string& field) {
        answer = {.status = status,
                  .body = Json{{"errors", {{{"message", "no"}, {"field", field}}}}}.dump()};
        return name(sent(client, sendgrid, message).outcome);
    };
    CHECK(error(400, "personalizations.0.to.0.email") == "dead");
    CHECK(error(400, "from.email") == "config");
    CHECK(error(400, "subject") == "reject");
    CHECK(error(401, "") == "config");
    CHECK(error(413, "") == "reject");
    const auto reset =
        std::chrono::floor<std::chrono::seconds>(message.now.time_since_epoch()) + 30s;
    answer = {.status = 429, .headers = {"X-RateLimit-Reset: " + std::to_string(reset.count())}};
    CHECK(sent(client, sendgrid, message).retry_after == 30s);
}

TEST_CASE("a folder takes every channel's messages, a file each") {
    const TemporaryFolder folder;
    http::Client client;
    Folder into{folder.path().string()};
    CHECK(sent(client, into, outgoing(Channel::sms, "+14155550100")).outcome == Class::accepted);
    std::ifstream file{folder.path() / "0000000007.1-sms.json"};
    const auto json = Json::parse(file);
    CHECK(json["to"] == "+14155550100");
    CHECK(json["text"] == "Five minutes, Zoë");
    CHECK_THAT(words_of(error_of([] { Folder{"/none/such"}; })), ContainsSubstring("is no folder"));
}

TEST_CASE("addresses are masked for people") {
    CHECK(masked("+14155550100") == "…0100");
    CHECK(masked("lea@example.test") == "l…@example.test");
    CHECK(masked("abc") == "…");
}
