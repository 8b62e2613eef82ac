// All providers of messages in one scripted server, and nightshift health looking at them.
#pragma once

#include "health/health_scene.hpp"
#include "notifications/provider_scene.hpp"
#include "support/http_server.hpp"

namespace nightshift::test {

// Answers by "METHOD /target"; else 404.
using Answers = std::map<std::string, HttpAnswer>;

inline HttpAnswer answer_of(const Answers& answers, const HttpAsked& asked) {
    const auto found = answers.find(asked.method + " " + asked.target);
    return found == answers.end() ? HttpAnswer{.status = 404} : found->second;
}

inline const Answers all_is_well{
    {"POST /token", access_token("t0ken")},
    {"POST /v1/projects/demo/messages:send", {.body = R"({"name":"projects/demo/messages/0"})"}},
    {"GET /2010-04-01/Accounts/AC1.json", {.body = R"({"status":"active","type":"Full"})"}},
    {"GET /2010-04-01/Accounts/AC1/Balance.json",
     {.body = R"({"balance":"123.45","currency":"USD"})"}},
    {"GET /v3/scopes", {.body = R"({"scopes":["mail.send","user.credits.read"]})"}},
    {"GET /v3/user/credits", {.body = R"({"remain":5000,"total":6000})"}}};

// All providers in one server.
struct Deep : Watched {
    Answers answers;
    HttpServer providers{[this](const auto& asked) { return answer_of(answers, asked); }};
    TemporaryFolder folder;

    explicit Deep(const Answers& changes = {}) : answers{all_is_well} {
        for (const auto& [asked, answer] : changes) answers[asked] = answer;
    }
    std::string base() const {
        auto url = providers.url();
        url.pop_back();
        return url;
    }
    Values settings() const {
        return {{"FIREBASE_CREDENTIALS_PATH",
                 folder.file("firebase.json", service_account_json(base() + "/token"))},
                {"FCM_BASE_URL", base()},
                {"SMS_PROVIDER", "twilio"},
                {"TWILIO_ACCOUNT_SID", "AC1"},
                {"TWILIO_AUTH_TOKEN", "s3cr3t-of-twilio"},
                {"TWILIO_FROM_NUMBER", "+15551230001"},
                {"TWILIO_BASE_URL", base()},
                {"EMAIL_PROVIDER", "sendgrid"},
                {"SENDGRID_API_KEY", "SG.s3cr3t-of-sendgrid"},
                {"SENDGRID_FROM_EMAIL", "coach@example.test"},
                {"SENDGRID_BASE_URL", base()}};
    }
    std::map<std::string, Json> deep(Values more = {}) const {
        more.merge(settings());
        return looked({"--level", "deep", "--category", "services", "--skip", "config"}, more);
    }
};

inline std::string message(const std::map<std::string, Json>& looked, const std::string& id) {
    return looked.at(id).at("message");
}

// The checks that are neither healthy nor skipped, with what they are.
inline std::map<std::string, std::string> not_well(const std::map<std::string, Json>& looked) {
    std::map<std::string, std::string> found;
    for (const auto& [id, each] : looked) {
        if (id.empty()) continue;
        const auto is = each.at("status").get<std::string>();
        if (is != "healthy" && is != "skipped") found[id] = is;
    }
    return found;
}

using NotWell = std::map<std::string, std::string>;

}  // namespace nightshift::test
