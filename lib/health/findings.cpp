#include "health/findings.hpp"

#include "base/error.hpp"
#include "base/redaction.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <sstream>
#include <utility>

namespace nightshift::health {

using config::Known;

Findings::Findings(const config::Settings& settings) : settings_{settings} {
    const auto environment = lowered(settings.find("ENVIRONMENT").value_or("development"));
    is_production_ = environment == "production" || environment == "prod";
    for (const auto& known : config::known_settings()) read(known);
}

// What has no value can be none of the others' business.
void Findings::read(const Known& known) {
    try {
        const auto value =
            known.is_secret ? settings_.find_secret(known.name) : settings_.find(known.name);
        if (value) values_[known.name] = *value;
    } catch (const Error& error) {
        add(known.category, known.name, error);
    }
}

std::string Findings::value(const std::string& name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? std::string{} : found->second;
}

void Findings::add(const std::string& category, const std::string& setting, bool is_error,
                   const std::string& what, const std::string& why, const std::string& fix) {
    findings_.push_back({category, setting, is_error, what, why, fix});
}

void Findings::add(const std::string& category, const std::string& setting, const Error& error) {
    add(category, setting, true, redacted(error.what()), redacted(error.cause), error.hint);
}

void Findings::in_production(const std::string& category, const std::string& setting,
                             const std::string& what, const std::string& why,
                             const std::string& fix) {
    add(category, setting, is_production_, what, why, fix);
}

std::vector<Finding> Findings::sorted() {
    const auto& all = config::categories();
    const auto place = [&](const Finding& finding) {
        return std::find_if(
                   all.begin(), all.end(),
                   [&](const config::Category& each) { return each.name == finding.category; }) -
               all.begin();
    };
    std::stable_sort(findings_.begin(), findings_.end(), [&](const auto& one, const auto& other) {
        return std::pair{place(one), !one.is_error} < std::pair{place(other), !other.is_error};
    });
    return std::move(findings_);
}

std::vector<std::string> names_in(const std::string& list) {
    std::vector<std::string> names;
    std::istringstream words{list};
    for (std::string word; std::getline(words, word, ',');) {
        if (const auto each = trimmed(word); !each.empty()) names.emplace_back(each);
    }
    return names;
}

}  // namespace nightshift::health
