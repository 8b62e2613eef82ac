#include "costs/book_field.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

#include <regex>

#include <nlohmann/json.hpp>

namespace nightshift::costs {

using Json = nlohmann::json;

std::string read_named(const std::string& what, const std::string& path, const std::string& hint) {
    constexpr std::size_t most = 4'194'304;
    try {
        return read_short(path, most);
    } catch (const Error& error) {
        throw Error{Failure::configuration, "cannot read " + what + " " + excerpt(path, 200),
                    error.cause, hint};
    }
}

Json parse_strictly(const std::string& text, const std::string& name) {
    std::vector<std::set<std::string>> keys;  // of the objects that are open
    std::string twice;
    const auto look = [&](int, Json::parse_event_t event, Json& value) {
        if (event == Json::parse_event_t::object_start) keys.emplace_back();
        if (event == Json::parse_event_t::object_end) keys.pop_back();
        if (event == Json::parse_event_t::key &&
            !keys.back().insert(value.get<std::string>()).second)
            twice = value.get<std::string>();
        return true;
    };
    const auto refuse = [&](const std::string& why) {
        throw Error{Failure::configuration, "the file " + excerpt(name, 200) + " cannot be used",
                    why, "correct it"};
    };
    Json json;
    try {
        json = Json::parse(text, look);
    } catch (const Json::parse_error& error) {
        const std::string said = error.what();  // [...] parse error at line 3, column 5: ...
        refuse("it is no JSON: " + excerpt(said.substr(said.find("] ") + 2), 200));
    }
    if (!twice.empty()) refuse("it has " + excerpt(twice) + " twice in one object");
    return json;
}

void Field::refuse(const std::string& why) const {
    throw Error{Failure::configuration, "the price book " + excerpt(book_, 200) + " cannot be used",
                (name_.empty() ? "it " : name_ + " ") + why,
                "correct it; nightshift-prices(1) has its form"};
}

bool Field::has(const char* name) const { return json_.contains(name); }

Field Field::at(const char* name) const {
    static const Json nothing;
    return {has(name) ? json_.at(name) : nothing, book_, name_.empty() ? name : name_ + "." + name};
}

std::string Field::text() const {
    if (!json_.is_string() || trimmed(json_.get<std::string>()).empty())
        refuse("must be words in quotes");
    return json_.get<std::string>();
}

std::string Field::text_or(const std::string& otherwise) const {
    return json_.is_null() ? otherwise : text();
}

std::string Field::day_or(const std::string& otherwise) const {
    static const std::regex form{R"(\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]))"};
    const auto day = text_or(otherwise);
    if (!day.empty() && !std::regex_match(day, form)) refuse("must be a day such as 2025-11-01");
    return day;
}

std::string Field::month_or(const std::string& otherwise) const {
    static const std::regex form{R"(\d{4}-(0[1-9]|1[0-2]))"};
    const auto month = text_or(otherwise);
    if (!month.empty() && !std::regex_match(month, form)) refuse("must be a month such as 2025-11");
    return month;
}

Money Field::money() const {
    const auto amount =
        json_.is_string() ? parse_money(json_.get<std::string>()) : std::optional<Money>{};
    if (!amount || *amount < Money{})
        refuse(
            R"(must be an amount in quotes, such as "0.0083", with nine decimals at most and not below 0)");
    return *amount;
}

Quantity Field::quantity() const {
    const auto quantity =
        json_.is_string() ? parse_quantity(json_.get<std::string>()) : std::optional<Quantity>{};
    if (!quantity) refuse(R"(must be a quantity in quotes, such as "10000")");
    return *quantity;
}

int Field::percent() const {
    constexpr std::int64_t most = 1000;
    if (!json_.is_number_integer() || json_.get<std::int64_t>() < 1 ||
        json_.get<std::int64_t>() > most)
        refuse("must be a percentage such as 80");
    return json_.get<int>();
}

bool Field::is_list() const { return json_.is_array(); }

std::vector<Field> Field::list() const {
    if (!json_.is_array()) refuse("must be a list");
    std::vector<Field> all;
    for (const auto& each : json_)
        all.emplace_back(each, book_, name_ + "[" + std::to_string(all.size() + 1) + "]");
    return all;
}

std::vector<Field> Field::entries() const {
    if (!json_.is_object()) refuse("must be an object");
    std::vector<Field> all;
    for (const auto& [key, each] : json_.items())
        all.emplace_back(each, book_, name_ + "." + excerpt(key), key);
    return all;
}

void Field::refuse_other_fields(const std::set<std::string>& known) const {
    if (!json_.is_object()) refuse("must be an object");
    for (const auto& [key, each] : json_.items()) {
        if (!known.contains(key)) refuse("has a field that is not known: " + excerpt(key));
    }
}

}  // namespace nightshift::costs
