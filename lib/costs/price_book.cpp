#include "costs/price_book.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "costs/json.hpp"

#include <algorithm>
#include <regex>
#include <set>

#include <nlohmann/json.hpp>

namespace nightshift::costs {
namespace {

using Json = nlohmann::json;

const std::map<std::string, std::string_view>& books() {
    static const std::map<std::string, std::string_view> all{{"list-2025", json::list_2025},
                                                             {"published", json::published}};
    return all;
}

bool is_capitals(const std::string& text, std::size_t length) {
    return text.size() == length &&
           text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string::npos;
}

// A field of the file, and its name for the message.
class Field {
  public:
    Field(const Json& json, const std::string& book, std::string name)
        : json_{json}, book_{book}, name_{std::move(name)} {}

    [[noreturn]] void refuse(const std::string& why) const {
        throw Error{Failure::configuration,
                    "the price book " + excerpt(book_, 200) + " cannot be used",
                    (name_.empty() ? "it " : name_ + " ") + why,
                    "correct it; nightshift-prices(1) has its form"};
    }
    bool has(const char* name) const { return json_.contains(name); }
    Field at(const char* name) const {
        static const Json nothing;
        return {has(name) ? json_.at(name) : nothing, book_,
                name_.empty() ? name : name_ + "." + name};
    }
    std::string text() const {
        if (!json_.is_string() || trimmed(json_.get<std::string>()).empty())
            refuse("must be words in quotes");
        return json_.get<std::string>();
    }
    std::string text_or(const std::string& otherwise) const {
        return json_.is_null() ? otherwise : text();
    }
    std::string day_or(const std::string& otherwise) const {
        static const std::regex form{R"(\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]))"};
        const auto day = text_or(otherwise);
        if (!day.empty() && !std::regex_match(day, form))
            refuse("must be a day such as 2025-11-01");
        return day;
    }
    Money money() const {
        const auto amount =
            json_.is_string() ? parse_money(json_.get<std::string>()) : std::optional<Money>{};
        if (!amount || *amount < Money{})
            refuse(R"(must be an amount in quotes, such as "0.0083", and not below 0)");
        return *amount;
    }
    Quantity quantity() const {
        const auto quantity = json_.is_string() ? parse_quantity(json_.get<std::string>())
                                                : std::optional<Quantity>{};
        if (!quantity) refuse(R"(must be a quantity in quotes, such as "10000")");
        return *quantity;
    }
    std::vector<Field> list() const {
        if (!json_.is_array()) refuse("must be a list");
        std::vector<Field> all;
        for (const auto& each : json_)
            all.emplace_back(each, book_, name_ + "[" + std::to_string(all.size() + 1) + "]");
        return all;
    }
    std::vector<Field> entries() const {
        if (!json_.is_object()) refuse("must be an object");
        std::vector<Field> all;
        for (const auto& [key, each] : json_.items())
            all.emplace_back(each, book_, name_ + "." + excerpt(key));
        return all;
    }
    std::string last_name() const { return name_.substr(name_.rfind('.') + 1); }
    void refuse_other_fields(const std::set<std::string>& known) const {
        if (!json_.is_object()) refuse("must be an object");
        for (const auto& [key, each] : json_.items()) {
            if (!known.contains(key)) refuse("has a field that is not known: " + excerpt(key));
        }
    }

  private:
    const Json& json_;
    const std::string& book_;
    std::string name_;
};

void read_steps(const Field& field, Price& price) {
    for (const auto& each : field.list()) {
        each.refuse_other_fields({"from", "price"});
        const auto from = each.at("from").quantity();
        if (price.steps.empty() && from != Quantity{})
            each.at("from").refuse("must be 0, as what is used before it would have no price");
        if (!price.steps.empty() && from <= price.steps.back().from)
            each.at("from").refuse("must be more than that of the step before");
        price.steps.push_back({from, each.at("price").money()});
    }
    if (price.steps.empty()) field.refuse("must have a step");
}

void read_plans(const Field& field, Price& price) {
    for (const auto& each : field.list()) {
        each.refuse_other_fields({"up_to", "monthly"});
        const auto up_to = each.at("up_to").quantity();
        if (!price.plans.empty() && up_to <= price.plans.back().up_to)
            each.at("up_to").refuse("must be more than that of the plan before");
        price.plans.push_back({up_to, each.at("monthly").money()});
    }
    if (price.plans.empty()) field.refuse("must have a plan");
}

Price read_price(const Field& field, const Field& book) {
    field.refuse_other_fields({"provider", "item", "service", "unit", "free", "price", "steps",
                               "plans", "source", "as_of", "note", "currency"});
    if (field.has("currency") && field.at("currency").text() != book.at("currency").text())
        field.at("currency").refuse("is another than the book's: give each currency a book");
    Price price{.provider = field.at("provider").text(),
                .item = field.at("item").text(),
                .service = field.at("service").text(),
                .unit = field.at("unit").text(),
                .source = field.at("source").text_or(book.at("source").text_or("")),
                .as_of = field.at("as_of").day_or(book.at("as_of").day_or("")),
                .note = field.at("note").text_or("")};
    if (field.has("free")) price.free = field.at("free").quantity();
    if (field.has("price") + field.has("steps") + field.has("plans") != 1)
        field.refuse("must have one of price, steps and plans");
    if (field.has("price")) price.steps = {{{}, field.at("price").money()}};
    if (field.has("steps")) read_steps(field.at("steps"), price);
    if (field.has("plans")) read_plans(field.at("plans"), price);
    if (!price.plans.empty() && field.has("free"))
        field.at("free").refuse("is for prices and steps: give a plan of 0.00");
    return price;
}

void read_sms(const Field& field, const Field& book, std::vector<Price>& prices) {
    for (const auto& provider : field.entries()) {
        for (const auto& country : provider.entries()) {
            const auto name = country.last_name();
            if (name != "*" && !is_capitals(name, 2))
                country.refuse("must be named by a country's two letters, or *");
            prices.push_back({.provider = provider.last_name(),
                              .item = "sms/" + name,
                              .service = "sms",
                              .unit = "segment",
                              .steps = {{{}, country.money()}},
                              .source = book.at("source").text_or(""),
                              .as_of = book.at("as_of").day_or("")});
        }
    }
}

void refuse_twins(const Field& book, const std::vector<Price>& prices) {
    std::set<std::pair<std::string, std::string>> seen;
    for (const auto& each : prices) {
        if (!seen.insert({each.provider, each.item}).second)
            book.refuse("has two prices of " + excerpt(each.item) + " of " +
                        excerpt(each.provider));
    }
}

Cost by_steps(const Price& price, Quantity quantity) {
    const auto sum = [&](Quantity used) {
        Money cost;
        for (std::size_t i = 0; i < price.steps.size() && used > price.steps[i].from; ++i) {
            const bool is_last = i + 1 == price.steps.size();
            const auto end = is_last ? used : std::min(used, price.steps[i + 1].from);
            cost = cost + cost_of(end - price.steps[i].from, price.steps[i].price);
        }
        return cost;
    };
    return {sum(quantity), sum(quantity - std::min(quantity, price.free))};
}

}  // namespace

const Price* PriceBook::find(const std::string& provider, const std::string& item) const {
    const auto named = [&](const std::string& wanted) -> const Price* {
        const auto found = std::find_if(prices.begin(), prices.end(), [&](const Price& each) {
            return each.provider == provider && each.item == wanted;
        });
        return found == prices.end() ? nullptr : &*found;
    };
    const auto* own = named(item);
    return own != nullptr || !item.starts_with("sms/") ? own : named("sms/*");
}

std::optional<Money> PriceBook::sms_price(const std::string& provider,
                                          const std::string& country) const {
    const auto* price = country.empty() ? nullptr : find(provider, "sms/" + country);
    if (price == nullptr) return std::nullopt;
    return price->steps.front().price;
}

std::optional<Cost> cost_of_month(const Price& price, Quantity quantity) {
    if (price.plans.empty()) return by_steps(price, quantity);
    const auto plan = std::find_if(price.plans.begin(), price.plans.end(),
                                   [&](const Plan& each) { return quantity <= each.up_to; });
    if (plan == price.plans.end()) return std::nullopt;
    return Cost{plan->monthly, plan->monthly};
}

std::string text_of_price_book(const std::string& name) {
    const auto built_in = books().find(name.empty() ? "list-2025" : name);
    if (built_in != books().end()) return std::string{built_in->second};
    if (auto text = read_file(name)) return *text;
    throw Error{Failure::configuration, "there is no price book " + excerpt(name, 200), "",
                "name a file, or list-2025 or published"};
}

PriceBook read_price_book(const std::string& name) {
    const auto json = Json::parse(text_of_price_book(name), nullptr, false);
    const Field book{json, name, ""};
    if (!json.is_object()) book.refuse("is no JSON object");
    if (json.value("schema_version", Json{}) != 1) book.at("schema_version").refuse("must be 1");
    book.refuse_other_fields({"schema_version", "name", "currency", "as_of", "about", "source",
                              "sms", "prices", "notes"});
    const auto currency = book.at("currency").text_or("");
    if (!is_capitals(currency, 3)) book.at("currency").refuse("must be three letters, such as USD");
    PriceBook read{.name = book.at("name").text_or(name),
                   .currency = currency,
                   .as_of = book.at("as_of").day_or(""),
                   .about = book.at("about").text_or(""),
                   .prices = {}};
    if (book.has("sms")) read_sms(book.at("sms"), book, read.prices);
    if (book.has("prices")) {
        for (const auto& each : book.at("prices").list())
            read.prices.push_back(read_price(each, book));
    }
    if (book.has("notes")) {
        for (const auto& each : book.at("notes").list()) read.notes.push_back(each.text());
    }
    refuse_twins(book, read.prices);
    return read;
}

}  // namespace nightshift::costs
