#include "config/catalog.hpp"

#include "base/text.hpp"
#include "config/json.hpp"

#include <algorithm>
#include <map>

#include <nlohmann/json.hpp>

namespace nightshift::config {
namespace {

using Json = nlohmann::json;

constexpr std::size_t shortest_misspelt = 6;  // of short ones each is near some other
constexpr std::string_view of_file = "_FILE";
constexpr std::string_view of_one_job = "HEARTBEAT_URL_";

const std::map<std::string, Type> types{
    {"text", Type::text},     {"integer", Type::integer}, {"money", Type::money},
    {"choice", Type::choice}, {"flag", Type::flag},       {"list", Type::list},
    {"zone", Type::zone},     {"url", Type::url},         {"postgres", Type::postgres},
    {"redis", Type::redis},   {"file", Type::file},       {"new_file", Type::new_file},
    {"folder", Type::folder}};

std::vector<Known> read() {
    const std::vector<std::string> none;
    std::vector<Known> all;
    for (const auto& each : Json::parse(json::settings)) {
        all.push_back({.name = each.at("name"),
                       .category = each.at("category"),
                       .type = types.at(each.at("type")),
                       .is_secret = each.value("secret", false),
                       .fallback = each.value("default", ""),
                       .about = each.at("about"),
                       .example = each.value("example", ""),
                       .choices = each.value("choices", none),
                       .schemes = each.value("schemes", none),
                       .min = each.value("min", std::int64_t{0}),
                       .max = each.value("max", std::int64_t{0})});
    }
    return all;
}

}  // namespace

std::string name(Type type) {
    static const std::map<Type, std::string> names{{Type::text, "text"},
                                                   {Type::integer, "whole number"},
                                                   {Type::money, "amount of money"},
                                                   {Type::choice, "choice"},
                                                   {Type::flag, "yes or no"},
                                                   {Type::list, "list with commas"},
                                                   {Type::zone, "time zone"},
                                                   {Type::url, "url"},
                                                   {Type::postgres, "url of Postgres"},
                                                   {Type::redis, "url of Redis"},
                                                   {Type::file, "file"},
                                                   {Type::new_file, "file to be written"},
                                                   {Type::folder, "folder"}};
    return names.at(type);
}

const std::vector<Category>& categories() {
    static const std::vector<Category> all{{"environment", "Environment"},
                                           {"database", "Database"},
                                           {"redis", "Redis"},
                                           {"secrets", "API keys and secrets"},
                                           {"features", "Feature flags"},
                                           {"workers", "Workers"},
                                           {"pubsub", "Pub/sub"},
                                           {"models", "Model files"},
                                           {"security", "Security"},
                                           {"performance", "Performance settings"},
                                           {"monitoring", "Monitoring and logging"},
                                           {"services", "External services"},
                                           {"system", "System resources"}};
    return all;
}

const std::vector<Known>& known_settings() {
    static const auto all = read();
    return all;
}

const Known* find_known(const std::string& name) {
    const auto& all = known_settings();
    const auto named = [&](std::string_view wanted) {
        const auto found = std::find_if(all.begin(), all.end(),
                                        [&](const Known& each) { return each.name == wanted; });
        return found != all.end() ? &*found : nullptr;
    };
    if (const auto* known = named(name)) return known;
    if (name.ends_with(of_file)) {
        const auto* known = find_known(name.substr(0, name.size() - of_file.size()));
        if (known != nullptr && known->is_secret) return known;
    }
    return name.size() > of_one_job.size() && name.starts_with(of_one_job) ? named("HEARTBEAT_URL")
                                                                           : nullptr;
}

std::string probably_meant(const std::string& name) {
    static const auto names = [] {
        std::vector<std::string> all;
        for (const auto& each : known_settings()) {
            all.push_back(each.name);
            if (each.is_secret) all.push_back(each.name + std::string{of_file});
        }
        return all;
    }();
    if (find_known(name) != nullptr) return {};
    const auto meant = name.size() < shortest_misspelt ? std::string{} : closest(name, names);
    return meant.starts_with(name) ? "" : meant;  // it is another, shorter name
}

}  // namespace nightshift::config
