#include "notifications/channels/twilio.hpp"

#include "base/digest.hpp"
#include "base/redaction.hpp"
#include "base/text.hpp"

#include <map>

#include <nlohmann/json.hpp>

namespace nightshift::notifications {
namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;

struct Meaning {
    Class outcome;
    bool is_of_country = false;
};

// Where none stands here, the status decides.
const std::map<int, Meaning> meanings{
    {20003, {Class::config}},     {20404, {Class::config}},       {21212, {Class::config}},
    {21606, {Class::config}},     {21659, {Class::config}},       {21703, {Class::config}},
    {21608, {Class::config}},     {20429, {Class::retry}},        {20500, {Class::unknown}},
    {20503, {Class::retry}},      {21211, {Class::dead}},         {21614, {Class::dead}},
    {21610, {Class::suppressed}}, {21408, {Class::config, true}}, {21611, {Class::retry}},
    {21612, {Class::reject}},     {21602, {Class::reject}},       {21603, {Class::reject}},
    {21604, {Class::reject}},     {21617, {Class::reject}},       {63038, {Class::config}},
};

Receipt receipt_from(const http::Response& response) {
    const auto json = Json::parse(response.body, nullptr, false);
    const bool is_success = response.is_success();
    if (json.is_object() && response.outcome == http::Outcome::answered) {
        if (is_success) {
            auto accepted = receipt(Class::accepted, response);
            if (json.contains("sid") && json["sid"].is_string()) accepted.provider_id = json["sid"];
            return accepted;
        }
        const auto code =
            json.contains("code") && json["code"].is_number_integer() ? json["code"].get<int>() : 0;
        const auto words = json.contains("message") && json["message"].is_string()
                               ? json["message"].get<std::string>()
                               : "";
        if (const auto found = meanings.find(code); found != meanings.end()) {
            auto it = receipt(found->second.outcome, response, std::to_string(code), words);
            it.is_of_country = found->second.is_of_country;
            return it;
        }
    }
    if (auto plain = receipt_of(response)) return *plain;
    if (is_success) return receipt(Class::accepted, response, "", "no JSON in the answer");
    const bool is_ours = response.status == 401 || response.status == 403 || response.status == 404;
    return receipt(is_ours ? Class::config : Class::reject, response,
                   std::to_string(response.status), response.body);
}

}  // namespace

std::string account_url(const TwilioOptions& options) {
    return options.base_url + "/2010-04-01/Accounts/" + percent_encoded(options.account_sid);
}

std::string authorization_of(const TwilioOptions& options) {
    const auto value = base64(options.account_sid + ":" + options.auth_token);
    remember_secret(value);
    return "Authorization: Basic " + value;
}

Twilio::Twilio(http::Client& client, TwilioOptions options)
    : client_{client},
      options_{std::move(options)},
      url_{account_url(options_) + "/Messages.json"},
      authorization_{authorization_of(options_)} {}

void Twilio::send(const Outgoing& message, Done done) {
    const auto seconds = std::min<std::chrono::seconds>(message.lasts(), 36'000s);
    std::string body = "To=" + percent_encoded(message.address);
    if (!options_.messaging_service_sid.empty()) {
        body += "&MessagingServiceSid=" + percent_encoded(options_.messaging_service_sid);
    } else {
        body += "&From=" + percent_encoded(options_.from_number);
    }
    body += "&Body=" + percent_encoded(message.message.text) +
            "&ValidityPeriod=" + std::to_string(seconds.count());
    client_.add(
        {.method = "POST",
         .url = url_,
         .headers = {authorization_, "Content-Type: application/x-www-form-urlencoded",
                     "Accept: application/json"},
         .body = std::move(body),
         .timeout = options_.timeout},
        [done = std::move(done)](const http::Response& response) { done(receipt_from(response)); });
}

}  // namespace nightshift::notifications
