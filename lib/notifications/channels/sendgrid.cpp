#include "notifications/channels/sendgrid.hpp"

#include "base/text.hpp"
#include "notifications/mime.hpp"

#include <nlohmann/json.hpp>

namespace nightshift::notifications {
namespace {

using Json = nlohmann::ordered_json;
using namespace std::chrono_literals;

constexpr auto dump_anything = Json::error_handler_t::replace;

// {"errors":[{"message":"...","field":"personalizations.0.to.0.email"}]}
Receipt refusal(const http::Response& response) {
    const auto json = Json::parse(response.body, nullptr, false);
    std::string words = response.body;
    std::string field;
    if (json.is_object() && json.contains("errors") && json["errors"].is_array() &&
        !json["errors"].empty() && json["errors"][0].is_object()) {
        const auto text = [&first = json["errors"][0]](const char* name) {
            return first.contains(name) && first[name].is_string() ? first[name].get<std::string>()
                                                                   : std::string{};
        };
        words = text("message");
        field = text("field");
    }
    const auto status = std::to_string(response.status);
    switch (response.status) {
        case 401:
        case 403:
            return receipt(Class::config, response, status, words);
        case 400:
            if (field.starts_with("personalizations.0.to"))
                return receipt(Class::dead, response, status + " " + field, words);
            if (field.starts_with("from")) return receipt(Class::config, response, status, words);
            break;
        default:
            break;
    }
    return receipt(Class::reject, response, status + (field.empty() ? "" : " " + field), words);
}

Receipt receipt_from(const http::Response& response, Instant now) {
    if (auto plain = receipt_of(response)) {
        const auto reset = response.headers.find("x-ratelimit-reset");
        if (response.status == 429 && !plain->retry_after && reset != response.headers.end()) {
            constexpr std::chrono::seconds longest = 24h;
            const auto time =
                std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
            const auto at = parse_integer<std::int64_t>(reset->second).value_or(0);
            if (at > time)
                plain->retry_after = std::chrono::seconds{std::min(at - time, longest.count())};
        }
        return *plain;
    }
    if (!response.is_success()) return refusal(response);
    auto accepted = receipt(Class::accepted, response);
    const auto id = response.headers.find("x-message-id");
    if (id != response.headers.end()) accepted.provider_id = id->second;
    return accepted;
}

Json address_of(const std::string& text) {
    const auto mailbox = parse_mailbox(text);
    Json json{{"email", mailbox.address}};
    if (!mailbox.name.empty()) json["name"] = mailbox.name;
    return json;
}

}  // namespace

SendGrid::SendGrid(http::Client& client, SendGridOptions options)
    : client_{client}, options_{std::move(options)} {}

void SendGrid::send(const Outgoing& message, Done done) {
    Json person{{"to", Json::array({{{"email", message.address}}})},
                {"custom_args", {{"nid", message.id}, {"kind", message.kind}}}};
    if (options_.unsubscribe)
        person["headers"] = Json(options_.unsubscribe->headers(message.user_id, message.category));
    const Json body{
        {"personalizations", Json::array({person})},
        {"from", address_of(options_.from_email)},
        {"subject", message.message.title},
        {"content", Json::array({{{"type", "text/plain"}, {"value", message.message.text}},
                                 {{"type", "text/html"}, {"value", message.message.html}}})},
        {"categories", Json::array({message.kind})}};
    client_.add({.method = "POST",
                 .url = options_.base_url + "/v3/mail/send",
                 .headers = {"Authorization: Bearer " + options_.api_key,
                             "Content-Type: application/json", "Accept: application/json"},
                 .body = body.dump(-1, ' ', false, dump_anything),
                 .timeout = options_.timeout},
                [done = std::move(done), now = message.now](const http::Response& response) {
                    done(receipt_from(response, now));
                });
}

}  // namespace nightshift::notifications
