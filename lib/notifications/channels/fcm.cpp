#include "notifications/channels/fcm.hpp"

#include "base/digest.hpp"
#include "base/redaction.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <map>

#include <nlohmann/json.hpp>

namespace nightshift::notifications {
namespace {

using Json = nlohmann::ordered_json;
using namespace std::chrono_literals;

constexpr auto without_retry_after = 60s;
constexpr std::int64_t four_weeks = 2'419'200;

struct Refusal {
    std::string status;      // google.rpc.Code: NOT_FOUND
    std::string error_code;  // FcmError: UNREGISTERED; empty: there is none
    std::string words;
};

Refusal parse_refusal(const http::Response& response) {
    Refusal refusal{"", "", response.body};
    const auto json = Json::parse(response.body, nullptr, false);
    if (!json.is_object() || !json.contains("error") || !json["error"].is_object()) return refusal;
    const auto& error = json["error"];
    const auto text = [](const Json& object, const char* field) {
        return object.contains(field) && object[field].is_string()
                   ? object[field].get<std::string>()
                   : std::string{};
    };
    refusal.status = text(error, "status");
    refusal.words = text(error, "message");
    if (!error.contains("details") || !error["details"].is_array()) return refusal;
    for (const auto& detail : error["details"]) {
        if (detail.is_object() &&
            text(detail, "@type").ends_with("google.firebase.fcm.v1.FcmError"))
            refusal.error_code = text(detail, "errorCode");
    }
    return refusal;
}

Receipt receipt_from(const http::Response& response) {
    if (response.is_success()) {
        auto accepted = receipt(Class::accepted, response);
        const auto json = Json::parse(response.body, nullptr, false);
        if (json.is_object() && json.contains("name") && json["name"].is_string()) {
            accepted.provider_id = json["name"];
        } else {
            accepted.why = "no name in the answer";
        }
        return accepted;
    }
    if (response.outcome != http::Outcome::answered) return *receipt_of(response);
    const auto refusal = parse_refusal(response);
    const auto code = !refusal.error_code.empty() ? refusal.error_code
                      : !refusal.status.empty()   ? refusal.status
                                                  : std::to_string(response.status);
    const auto it = [&](Class outcome) { return receipt(outcome, response, code, refusal.words); };
    static const std::map<std::string, Class> by_code{{"UNREGISTERED", Class::dead},
                                                      {"SENDER_ID_MISMATCH", Class::dead},
                                                      {"THIRD_PARTY_AUTH_ERROR", Class::config},
                                                      {"APNS_AUTH_ERROR", Class::config},
                                                      {"QUOTA_EXCEEDED", Class::retry},
                                                      {"UNAVAILABLE", Class::retry},
                                                      {"INTERNAL", Class::unknown}};
    if (code == "INVALID_ARGUMENT") {
        const bool is_token =
            refusal.words.find("registration token is not a valid FCM registration token") !=
            std::string::npos;
        return it(is_token ? Class::dead : Class::reject);
    }
    if (const auto found = by_code.find(refusal.error_code); found != by_code.end()) {
        auto known = it(found->second);
        if (response.status == 429 && !known.retry_after) known.retry_after = without_retry_after;
        return known;
    }
    if (auto plain = receipt_of(response)) {
        plain->code = code;
        if (response.status == 429 && !plain->retry_after) plain->retry_after = without_retry_after;
        return *plain;
    }
    // A 404 without UNREGISTERED is a wrong project, not a device that is gone.
    const bool is_ours = response.status == 401 || response.status == 403 || response.status == 404;
    return it(is_ours ? Class::config : Class::reject);
}

std::string dumped(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// A JSON string. Most texts are as they stand there.
std::string quoted(const std::string& text) {
    const bool is_plain = std::ranges::all_of(
        text, [](char c) { return c >= ' ' && c < '\x7f' && c != '"' && c != '\\'; });
    return is_plain ? '"' + text + '"' : dumped(Json(text));
}

// What a message is to each platform.
std::string platforms_json(const std::string& kind, const std::string& tag, bool is_high,
                           std::int64_t seconds, std::int64_t expires) {
    // Piece by piece: one literal would copy each of its parts once a level.
    Json it;
    auto& android = it["android"];
    android["priority"] = is_high ? "HIGH" : "NORMAL";
    android["ttl"] = std::to_string(seconds) + "s";
    android["collapse_key"] = kind;
    android["notification"]["tag"] = tag;
    auto& apns = it["apns"];
    apns["headers"] = {{"apns-collapse-id", tag.substr(0, 64)},
                       {"apns-expiration", std::to_string(expires)},
                       {"apns-priority", is_high ? "10" : "5"}};
    apns["payload"]["aps"]["sound"] = "default";
    it["webpush"]["headers"] = {{"TTL", std::to_string(seconds)},
                                {"Urgency", is_high ? "high" : "normal"},
                                {"Topic", base64url(hmac_sha256("topic", tag)).substr(0, 32)}};
    it["fcm_options"]["analytics_label"] = kind;
    return dumped(it);
}

}  // namespace

Fcm::Fcm(http::Client& client, FcmOptions options)
    : client_{client},
      options_{std::move(options)},
      url_{options_.base_url + "/v1/projects/" + percent_encoded(options_.account.project_id) +
           "/messages:send"} {}

Fcm::~Fcm() {
    if (to_keep_ && options_.tokens.save) options_.tokens.save(*to_keep_);
}

const std::string& Fcm::platforms(const Outgoing& message) {
    Platforms wanted{
        .kind = message.kind,
        .occasion = message.occasion,
        .is_high = message.priority == Priority::high,
        .seconds = std::min(message.lasts().count(), four_weeks),
        .expires = std::chrono::floor<std::chrono::seconds>(message.expires_at.time_since_epoch())
                       .count()};
    if (wanted != platforms_) {
        platforms_ = std::move(wanted);
        // It is for one device, however often it is sent: the later one takes the first's place.
        platforms_json_ =
            platforms_json(platforms_.kind, platforms_.kind + "-" + platforms_.occasion,
                           platforms_.is_high, platforms_.seconds, platforms_.expires);
    }
    return platforms_json_;
}

std::string Fcm::body_of(const Outgoing& message) {
    std::string body = "{\"message\":{\"token\":";
    body += quoted(message.address);
    body += ",\"notification\":{\"title\":" + quoted(message.message.title);
    body += ",\"body\":" + quoted(message.message.text);
    body += "},\"data\":{\"nid\":" + quoted(message.id) + ",\"kind\":" + quoted(message.kind);
    body += "},";
    return body.append(platforms(message), 1).append("}");
}

void Fcm::send(const Outgoing& message, Done done) {
    if (!is_loaded_ && options_.tokens.load) {
        token_ = options_.tokens.load().value_or("");
        if (!is_printable(token_)) token_.clear();
        remember_secret(token_);
    }
    is_loaded_ = true;
    const auto waiting = std::make_shared<Waiting>(Waiting{message, std::move(done)});
    if (token_.empty() || is_fetching_) {
        wait_for_token(waiting);
    } else {
        send_with_token(waiting);
    }
}

void Fcm::send_with_token(const WaitingPtr& waiting) {
    const auto waited =
        std::chrono::floor<std::chrono::seconds>(std::chrono::steady_clock::now() - waiting->since);
    waiting->message.now += waited;  // for a token
    waiting->since += waited;
    if (waiting->message.now >= waiting->message.expires_at) {
        waiting->done({.outcome = Class::retry, .code = "oauth", .why = "the token came too late"});
        return;
    }
    http::Request request{.method = "POST",
                          .url = url_,
                          .headers = {"Authorization: Bearer " + token_,
                                      "Content-Type: application/json; charset=utf-8"},
                          .body = body_of(waiting->message),
                          .timeout = options_.timeout};
    client_.add(std::move(request), [this, token = token_, waiting](const auto& response) {
        answered(waiting, token, response);
    });
}

void Fcm::answered(const WaitingPtr& waiting, const std::string& token,
                   const http::Response& response) {
    const bool is_token_refused = response.outcome == http::Outcome::answered &&
                                  response.status == 401 &&
                                  parse_refusal(response).error_code.empty();
    if (!is_token_refused || waiting->had_new_token) {
        waiting->done(receipt_from(response));
        return;
    }
    waiting->had_new_token = true;
    if (token == token_) token_.clear();
    if (!token_.empty() && !is_fetching_) {
        send_with_token(waiting);  // another has fetched a new one meanwhile
    } else {
        wait_for_token(waiting);
    }
}

void Fcm::wait_for_token(const WaitingPtr& waiting) {
    waiting_.push_back(waiting);
    if (is_fetching_) return;
    is_fetching_ = true;
    client_.add(token_request(options_.account, fcm_scope, waiting->message.now),
                [this](const auto& response) { got_token(response); });
}

void Fcm::got_token(const http::Response& response) {
    is_fetching_ = false;
    auto waiting = std::move(waiting_);
    waiting_.clear();
    const auto token = parse_token(response);
    if (!token) {
        // Nothing of any message has left: a 5xx is to be tried again, the rest is ours to mend.
        const bool is_refused =
            response.outcome == http::Outcome::untrusted ||
            response.outcome == http::Outcome::impossible ||
            (response.outcome == http::Outcome::answered && response.status < 500 &&
             response.status != 429 && response.status != 408);
        const auto failed =
            receipt(is_refused ? Class::config : Class::retry, response, "oauth",
                    "no access token: " + (response.why.empty() ? response.body : response.why));
        for (const auto& each : waiting) each->done(failed);
        return;
    }
    token_ = token->value;
    if (token->lasts > 300s) to_keep_ = {token->value, token->lasts - 300s};
    for (const auto& each : waiting) send_with_token(each);
}

}  // namespace nightshift::notifications
