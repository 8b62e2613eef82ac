#include "costs/scenario.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "costs/json.hpp"

#include <set>

#include <nlohmann/json.hpp>

namespace nightshift::costs {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t most_counted = 1'000'000'000'000;

[[noreturn]] void refuse(const std::string& where, const std::string& why) {
    throw Error{Failure::configuration, "the scenario " + excerpt(where, 200) + " cannot be used",
                why, "nightshift-cost-report(1) has its form"};
}

// Over 0: what costs are told for each of them.
std::int64_t count_in(const Json& json, const char* field, const std::string& where) {
    const auto& value = json.at(field);
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() == 0 ||
        value.get<std::uint64_t>() > most_counted)
        refuse(where, std::string{field} + " must be a whole number over 0");
    return value.get<std::int64_t>();
}

Used used_in(const Json& json, const std::string& where, std::size_t number) {
    const auto text = [&](const char* field) {
        if (!json.is_object() || !json.contains(field) || !json.at(field).is_string())
            refuse(where, std::string{field} + " of quantity " + std::to_string(number) +
                              " must be words in quotes");
        return json.at(field).get<std::string>();
    };
    const auto quantity = parse_quantity(text("quantity"));
    if (!quantity)
        refuse(where, "quantity " + std::to_string(number) + " must be a number in quotes");
    return {text("provider"), text("item"), *quantity, Basis::assumed};
}

}  // namespace

Scenario read_scenario(const std::string& name) {
    const auto colon = name.rfind(':');
    const auto file = colon == std::string::npos ? std::string{} : name.substr(0, colon);
    const auto wanted = colon == std::string::npos ? name : name.substr(colon + 1);
    const auto text = file.empty() ? std::string{json::scenarios} : read_file(file).value_or("");
    const auto all = Json::parse(text, nullptr, false);
    if (!all.is_object()) refuse(name, "the file is not there, or no JSON object");
    const auto found = all.find(wanted);
    if (found == all.end()) {
        std::string names;
        for (const auto& [each, value] : all.items()) names += (names.empty() ? "" : ", ") + each;
        throw Error{Failure::usage, "there is no scenario " + excerpt(wanted), "",
                    "give one of " + names + ", or FILE:NAME"};
    }
    if (!found->is_object() || !found->contains("quantities") ||
        !found->at("quantities").is_array())
        refuse(name, "quantities must be a list");
    Scenario scenario{.name = wanted, .month = {}};
    if (found->contains("users")) scenario.users = count_in(*found, "users", name);
    if (found->contains("routed_to_push"))
        scenario.routed_to_push = count_in(*found, "routed_to_push", name);
    std::set<std::pair<std::string, std::string>> seen;
    for (const auto& each : found->at("quantities")) {
        auto used = used_in(each, name, scenario.month.size() + 1);
        // What is free, and the steps, are of the whole month.
        if (!seen.insert({used.provider, used.item}).second)
            refuse(name, "there are two quantities of " + excerpt(used.item) + " of " +
                             excerpt(used.provider));
        scenario.month.push_back(std::move(used));
    }
    return scenario;
}

}  // namespace nightshift::costs
