// What we send, against validating mocks of the providers' official API descriptions
// (@stoplight/prism-cli). Built only where the descriptions stand beside the project.
#include "notifications/provider_scene.hpp"
#include "support/binary.hpp"
#include "support/catch.hpp"
#include "support/expect.hpp"

using namespace nightshift;
using namespace nightshift::notifications;
using namespace nightshift::test;

namespace {

struct Mock {
    explicit Mock(const std::string& description) {
        const std::filesystem::path program{NIGHTSHIFT_MOCK};
        INFO("install it: npm install --prefix build/npm @stoplight/prism-cli@5.14.2");
        REQUIRE(std::filesystem::exists(program));
        server = std::make_unique<Background>(Spawn{
            .command = {program.string(), "mock", "-h", "127.0.0.1", "-p", std::to_string(port),
                        "--errors", std::string{NIGHTSHIFT_API_DESCRIPTIONS} + "/" + description}});
        http::Client client;
        REQUIRE(eventually(
            [&] { return client.fetch({.url = url() + "/"}).outcome == http::Outcome::answered; }));
    }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port); }

    int port = free_port();
    std::unique_ptr<Background> server;
};

constexpr const char* account_sid = "AC0123456789abcdef0123456789abcdef";

}  // namespace

TEST_CASE("Twilio's own description takes what we send, and nothing else") {
    const Mock mock{"twilio_messages.json"};
    http::Client client;
    Twilio twilio{client, {account_sid, "token", "+15005550006", "", mock.url()}};
    const auto taken = sent(client, twilio, outgoing(Channel::sms, "+14155550100"));
    INFO(taken.why);
    CHECK(taken.outcome == Class::accepted);
    CHECK(taken.provider_id.starts_with("SM"));
    Twilio service{client,
                   {account_sid, "token", "", "MG0123456789abcdef0123456789abcdef", mock.url()}};
    CHECK(sent(client, service, outgoing(Channel::sms, "+14155550100")).outcome == Class::accepted);
    CHECK(sent(client, twilio, outgoing(Channel::sms, "0711")).outcome != Class::accepted);
}

TEST_CASE("SendGrid's own description takes what we send, and nothing else") {
    const Mock mock{"sendgrid_mail.json"};
    http::Client client;
    SendGrid sendgrid{client,
                      {"SG.key", "Coach <coach@app.test>",
                       Unsubscribe{"https://app.test/u", "s3cret"}, mock.url()}};
    const auto taken = sent(client, sendgrid, outgoing(Channel::email, "lea@example.test"));
    INFO(taken.why);
    CHECK(taken.outcome == Class::accepted);
    auto empty = outgoing(Channel::email, "lea@example.test");
    empty.message.text = "";
    CHECK(sent(client, sendgrid, empty).outcome == Class::reject);
}

TEST_CASE("FCM's own description takes what we send, and nothing else") {
    const Mock mock{"fcm_v1.json"};
    HttpServer tokens{[](const auto&) { return access_token("ya29.a"); }};
    http::Client client;
    Fcm fcm{client, {account_at(tokens), mock.url()}};
    const auto taken = sent(client, fcm, outgoing(Channel::push, "dev1ce:APA91b"));
    INFO(taken.why);
    CHECK(taken.outcome == Class::accepted);
    CHECK_FALSE(taken.provider_id.empty());
}
