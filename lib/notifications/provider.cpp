#include "notifications/provider.hpp"

#include "base/redaction.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace nightshift::notifications {

std::string_view name(Class outcome) {
    static constexpr std::array<std::string_view, 7> names{
        "accepted", "retry", "unknown", "reject", "dead", "suppressed", "config"};
    return names.at(static_cast<std::size_t>(outcome));
}

std::chrono::seconds Outgoing::lasts() const {
    return std::max(std::chrono::floor<std::chrono::seconds>(expires_at - now),
                    std::chrono::seconds{1});
}

Receipt receipt(Class outcome, const http::Response& response, std::string code, std::string why) {
    return {.outcome = outcome,
            .code = excerpt(one_line(code), 60),
            .why = std::move(why),
            .retry_after = response.retry_after,
            .took = std::chrono::duration_cast<std::chrono::milliseconds>(response.took)};
}

std::optional<Receipt> receipt_of(const http::Response& response) {
    using http::Outcome;
    switch (response.outcome) {
        case Outcome::not_sent:
        case Outcome::stopped:
            return receipt(Class::retry, response, "", response.why);
        case Outcome::unknown:
            return receipt(Class::unknown, response, "", response.why);
        case Outcome::untrusted:
        case Outcome::impossible:
            return receipt(Class::config, response, "", response.why);
        case Outcome::answered:
            break;
    }
    const auto status = std::to_string(response.status);
    const auto& words = response.body;
    if (response.status == 408 || response.status == 429 || response.status == 503)
        return receipt(Class::retry, response, status, words);
    if (response.status >= 500) return receipt(Class::unknown, response, status, words);
    if (response.status >= 200 && response.status < 300) return std::nullopt;
    if (response.status < 400) return receipt(Class::config, response, status, "a redirect");
    return std::nullopt;
}

std::string told(const std::string& words, std::string_view address) {
    if (words.empty()) return {};
    auto text = redacted(words);
    if (!address.empty()) {
        const auto hidden = masked(address);
        const auto wanted = lowered(std::string{address});
        for (auto at = lowered(text).find(wanted); at != std::string::npos;
             at = lowered(text).find(wanted, at + hidden.size()))
            text.replace(at, address.size(), hidden);
    }
    return excerpt(one_line(text), 200);
}

std::string masked(std::string_view address) {
    static const std::string rest = "…";
    const auto at = address.find('@');
    if (at != std::string_view::npos && at > 0)
        return std::string{address.substr(0, 1)} + rest + std::string{address.substr(at)};
    if (address.size() <= 4) return rest;
    return rest + std::string{address.substr(address.size() - 4)};
}

}  // namespace nightshift::notifications
