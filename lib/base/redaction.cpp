#include "base/redaction.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <mutex>
#include <vector>

#include <nlohmann/json.hpp>

namespace nightshift {
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

std::string as_in_json(std::string_view text) {
    const auto quoted =
        nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    return quoted.substr(1, quoted.size() - 2);
}

}  // namespace

void remember_secret(std::string_view value) {
    if (value.size() < shortest) return;
    auto& [mutex, values] = secrets();
    const std::scoped_lock lock{mutex};
    for (auto& form : {std::string{value}, percent_encoded(value),
                       percent_encoded(value, "0123456789abcdef"), as_in_json(value)}) {
        if (std::find(values.begin(), values.end(), form) == values.end()) values.push_back(form);
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

}  // namespace nightshift
