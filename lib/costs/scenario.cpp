#include "costs/scenario.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "costs/book_field.hpp"
#include "costs/json.hpp"

#include <set>

#include <nlohmann/json.hpp>

namespace nightshift::costs {

std::vector<Portion> Scenario::all() const {
    auto portions = month;
    portions.insert(portions.end(), fixed.begin(), fixed.end());
    return portions;
}

void Scenario::suppose_users(std::int64_t count) {
    if (!users)
        throw Error{Failure::usage, "the scenario " + name + " does not say how many users it has",
                    "", "leave out --users"};
    for (auto& each : month) each.used.quantity = in_proportion(each.used.quantity, count, *users);
    routed_to_push =
        in_proportion(whole(routed_to_push), count, *users).millionths / whole(1).millionths;
    users = count;
}

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

void refuse_other_fields(const Json& json, const std::set<std::string>& known,
                         const std::string& where) {
    if (!json.is_object()) refuse(where, "each quantity must be an object");
    for (const auto& [key, value] : json.items()) {
        if (!known.contains(key))
            refuse(where, "it has a field that is not known: " + excerpt(key));
    }
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
    const auto basis = json.contains("basis") ? parse_basis(text("basis")) : Basis::assumed;
    if (!basis)
        refuse(where, "basis of quantity " + std::to_string(number) +
                          " must be measured, provider-reported, estimated or assumed");
    return {text("provider"), text("item"), *quantity, *basis};
}

}  // namespace

Scenario read_scenario(const std::string& name) {
    const auto colon = name.rfind(':');
    const auto file = colon == std::string::npos ? std::string{} : name.substr(0, colon);
    const auto wanted = colon == std::string::npos ? name : name.substr(colon + 1);
    const auto text = file.empty() ? std::string{json::scenarios}
                                   : read_named("the scenarios", file, "name a file that is there");
    const auto all = parse_strictly(text, file.empty() ? name : file);
    if (!all.is_object()) refuse(name, "it is no JSON object");
    const auto found = all.find(wanted);
    if (found == all.end()) {
        std::string names;
        for (const auto& [each, value] : all.items())
            names += (names.empty() ? "" : ", ") + excerpt(each);
        throw Error{Failure::usage, "there is no scenario " + excerpt(wanted), "",
                    "give one of " + names + ", or FILE:NAME"};
    }
    if (!found->is_object() || !found->contains("quantities") ||
        !found->at("quantities").is_array())
        refuse(name, "quantities must be a list");
    refuse_other_fields(*found, {"users", "routed_to_push", "quantities"}, name);
    Scenario scenario{.name = wanted, .month = {}};
    if (found->contains("users")) scenario.users = count_in(*found, "users", name);
    if (found->contains("routed_to_push"))
        scenario.routed_to_push = count_in(*found, "routed_to_push", name);
    std::set<std::pair<std::string, std::string>> seen;
    for (const auto& each : found->at("quantities")) {
        refuse_other_fields(each, {"provider", "item", "quantity", "basis", "fixed"}, name);
        if (each.contains("fixed") && !each.at("fixed").is_boolean())
            refuse(name, "fixed must be true or false");
        auto used = used_in(each, name, seen.size() + 1);
        // What is free, and the steps, are of the whole month.
        if (!seen.insert({used.provider, used.item}).second)
            refuse(name, "there are two quantities of " + excerpt(used.item) + " of " +
                             excerpt(used.provider));
        const bool is_fixed = each.value("fixed", false);
        (is_fixed ? scenario.fixed : scenario.month).push_back({.used = std::move(used)});
    }
    return scenario;
}

}  // namespace nightshift::costs
