// Providers against scripted servers, and a service account of our own.
#pragma once

#include "notifications/channels/fcm.hpp"
#include "notifications/channels/sendgrid.hpp"
#include "notifications/channels/smtp.hpp"
#include "notifications/channels/twilio.hpp"
#include "support/http_server.hpp"
#include "support/servers.hpp"
#include "support/smtp_server.hpp"

#include <memory>
#include <string>

#include <openssl/evp.h>
#include <openssl/pem.h>

namespace nightshift::test {

inline std::string new_private_key() {
    EVP_PKEY* key = EVP_RSA_gen(2048);
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PKCS8PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
    char* text = nullptr;
    const auto length = BIO_get_mem_data(bio, &text);
    std::string pem(text, static_cast<std::size_t>(length));
    BIO_free(bio);
    EVP_PKEY_free(key);
    return pem;
}

// One key for all tests: it takes its time.
inline const std::string& private_key() {
    static const std::string key = new_private_key();
    return key;
}

inline notifications::ServiceAccount account_at(const HttpServer& server) {
    return {.project_id = "demo",
            .client_email = "push@demo.iam.gserviceaccount.com",
            .private_key_id = "k1",
            .private_key = private_key(),
            .token_uri = server.url("/token")};
}

inline HttpAnswer access_token(const std::string& token) {
    return {.body = R"({"access_token":")" + token + R"(","expires_in":3599})"};
}

inline std::string in_json(const std::string& text) {
    std::string out;
    for (const char c : text) out += c == '\n' ? std::string{"\\n"} : std::string{c};
    return out;
}

// As Google gives it.
inline std::string service_account_json(const std::string& token_uri) {
    return R"({"type":"service_account","project_id":"demo","private_key_id":"k1",)"
           R"("client_email":"push@demo.iam.gserviceaccount.com","token_uri":")" +
           token_uri + R"(","private_key":")" + in_json(private_key()) + "\"}";
}

inline notifications::Outgoing outgoing(notifications::Channel channel, const std::string& address,
                                        const std::string& id = "7.1") {
    const Instant now = parse_instant("2026-11-23T08:00:00Z").value();
    return {.id = id,
            .user_id = "42",
            .kind = "streak_at_risk",
            .category = "reminders",
            .occasion = "2026-11-23",
            .priority = notifications::Priority::high,
            .channel = channel,
            .address = address,
            .message = {"Your streak", "Five minutes, Zoë", "<p>Five minutes, Zoë</p>"},
            .now = now,
            .expires_at = now + std::chrono::hours{2}};
}

// Sends one, and waits for what comes of it.
inline notifications::Receipt sent(http::Client& client, notifications::Provider& provider,
                                   const notifications::Outgoing& message) {
    notifications::Receipt receipt;
    int times = 0;
    provider.send(message, [&](const notifications::Receipt& said) {
        receipt = said;
        ++times;
    });
    client.run();
    if (times != 1) throw std::logic_error{"done was called " + std::to_string(times) + " times"};
    return receipt;
}

}  // namespace nightshift::test
