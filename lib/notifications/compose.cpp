#include "notifications/compose.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "costs/dialling.hpp"
#include "costs/segments.hpp"

#include <nlohmann/json.hpp>

namespace nightshift::notifications {
namespace {

constexpr std::size_t most_bytes_of_push = 4096;
constexpr std::size_t most_characters_of_sms = 1600;
constexpr std::size_t most_bytes_of_email = 100'000;  // more is cut off by those who show it

void refuse_length(const ComposeRequest& request, std::int64_t length, std::size_t most,
                   const char* unit) {
    if (length <= static_cast<std::int64_t>(most)) return;
    throw Error{
        Failure::data, request.kind + " is too long for " + std::string{name(request.channel)},
        counted(length, unit) + ", and " + grouped(static_cast<std::int64_t>(most)) + " are taken",
        "shorten its template, or the learner's name"};
}

void check_length(const ComposeRequest& request, const Message& message) {
    if (request.channel == Channel::push) {
        constexpr std::size_t most_of_a_byte = 6;  // in JSON: \u0001
        if ((message.title.size() + message.text.size()) * most_of_a_byte < most_bytes_of_push / 2)
            return;
        const nlohmann::json payload{{"title", message.title}, {"body", message.text}};
        constexpr auto replace = nlohmann::json::error_handler_t::replace;
        constexpr std::int64_t data = 100;  // the id and the kind
        refuse_length(
            request, static_cast<std::int64_t>(payload.dump(-1, ' ', false, replace).size()) + data,
            most_bytes_of_push, "byte");
    } else if (request.channel == Channel::sms) {
        refuse_length(request, static_cast<std::int64_t>(code_points(message.text).size()),
                      most_characters_of_sms, "character");
    } else {
        refuse_length(request, static_cast<std::int64_t>(message.text.size() + message.html.size()),
                      most_bytes_of_email, "byte");
    }
}

}  // namespace

Quote Composer::sms_quote(const std::string& number, const std::string& text) const {
    const auto country = costs::country_of(number);
    const auto segments = costs::segments_of(text).count;
    Quote quote{.item = "sms/" + (country.empty() ? "?" : country), .units = segments, .cost = {}};
    if (sms_provider_.empty()) {
        quote.cost = Money{};
    } else if (const auto price = prices_.sms_price(sms_provider_, country, month_)) {
        quote.cost = *price * segments;
    }
    return quote;
}

// Beside an SMS nothing is saved, and several devices save one.
Money Composer::saved(const ComposeRequest& request, const Template& it) const {
    const bool stands_for_sms = request.channel == Channel::push
                                    ? request.ordinal == 1
                                    : find_kind(request.kind)->priority != Priority::high;
    if (!stands_for_sms || request.phone.empty()) return {};
    const auto channel = it.texts.contains(Channel::sms) ? Channel::sms : Channel::push;
    const auto text = render(it, channel, request.values).text;
    return sms_quote(request.phone, text).cost.value_or(Money{});
}

Composed Composer::compose(const ComposeRequest& request) const {
    const auto& it = templates_.find(request.kind, request.locale);
    Composed composed{
        .message = render(it, request.channel, request.values), .quote = {}, .saved = {}};
    check_length(request, composed.message);
    if (request.channel == Channel::sms) {
        composed.quote = sms_quote(request.address, composed.message.text);
        return composed;
    }
    composed.quote = {.item = std::string{name(request.channel)}, .units = 1, .cost = Money{}};
    composed.saved = saved(request, it);
    return composed;
}

}  // namespace nightshift::notifications
