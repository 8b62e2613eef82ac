#include "config/redaction.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <mutex>
#include <vector>

namespace nightshift::config {
namespace {

constexpr std::size_t shortest = 4;

struct Secrets {
    std::mutex mutex;
    std::vector<std::string> values;  // longest first
};

Secrets& secrets() {
    static Secrets all;
    return all;
}

// The password in scheme://user:password@host/... or in host=... password=...
std::string_view password_within(std::string_view connection) {
    if (const auto scheme = connection.find("://"); scheme != std::string_view::npos) {
        auto authority = connection.substr(scheme + 3);
        authority = authority.substr(0, authority.find_first_of("/?#"));
        const auto at = authority.rfind('@');
        const auto colon = authority.find(':');
        if (at == std::string_view::npos || colon == std::string_view::npos || colon > at)
            return {};
        return authority.substr(colon + 1, at - colon - 1);
    }
    static constexpr std::string_view keyword = "password=";
    const auto start = connection.find(keyword);
    if (start == std::string_view::npos) return {};
    auto value = connection.substr(start + keyword.size());
    if (value.starts_with('\'')) {
        value.remove_prefix(1);
        return value.substr(0, value.find('\''));
    }
    return value.substr(0, value.find(' '));
}

}  // namespace

void remember_secret(std::string_view value) {
    auto& [mutex, values] = secrets();
    const std::scoped_lock lock{mutex};
    const auto remember = [&values](std::string text) {
        if (text.size() < shortest) return;
        if (std::find(values.begin(), values.end(), text) != values.end()) return;
        values.push_back(std::move(text));
    };
    for (const auto secret : {value, password_within(value)}) {
        remember(std::string{secret});
        if (auto decoded = percent_decoded(secret)) remember(std::move(*decoded));
    }
    std::stable_sort(values.begin(), values.end(),
                     [](const auto& a, const auto& b) { return a.size() > b.size(); });
}

std::string redacted(std::string text) {
    static constexpr std::string_view mask = "[redacted]";
    auto& [mutex, values] = secrets();
    const std::scoped_lock lock{mutex};
    for (const auto& secret : values) {
        for (auto at = text.find(secret); at != std::string::npos;
             at = text.find(secret, at + mask.size())) {
            text.replace(at, secret.size(), mask);
        }
    }
    return text;
}

}  // namespace nightshift::config
