#include "costs/price_book.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "costs/book_field.hpp"
#include "costs/json.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include <nlohmann/json.hpp>

namespace nightshift::costs {
namespace {

using Json = nlohmann::json;

const std::map<std::string, std::string_view>& books() {
    static const std::map<std::string, std::string_view> all{{"list-2025", json::list_2025},
                                                             {"published", json::published}};
    return all;
}

constexpr std::size_t most_entries = 10'000;
constexpr std::size_t most_monthly = 200;  // of which each day has one

bool is_capitals(const std::string& text, std::size_t length) {
    return text.size() == length &&
           text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string::npos;
}

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
                               "plans", "from", "source", "as_of", "note", "currency"});
    if (field.has("currency") && field.at("currency").text() != book.at("currency").text())
        field.at("currency").refuse("is another than the book's: give each currency a book");
    Price price{.provider = field.at("provider").text(),
                .item = field.at("item").text(),
                .service = field.at("service").text(),
                .unit = field.at("unit").text(),
                .from = field.at("from").month_or(""),
                .source = field.at("source").text_or(book.at("source").text_or("")),
                .as_of = field.at("as_of").day_or(book.at("as_of").day_or("")),
                .note = field.at("note").text_or("")};
    if (field.has("free")) price.free = field.at("free").quantity();
    if (field.has("price") + field.has("steps") + field.has("plans") != 1)
        field.refuse("must have one of price, steps and plans");
    if (field.has("price")) price.steps = {{{}, field.at("price").money()}};
    if (field.has("steps")) read_steps(field.at("steps"), price);
    if (field.has("plans")) read_plans(field.at("plans"), price);
    if (!price.plans.empty() && price.item.starts_with("sms/"))
        field.at("plans").refuse("is for what is no SMS: a day's budget needs a price of each");
    if (!price.plans.empty() && field.has("free"))
        field.at("free").refuse("is for prices and steps: give a plan of 0.00");
    return price;
}

// An amount, or a list of them with the months from which they hold.
void read_sms(const Field& field, const Field& book, std::vector<Price>& prices) {
    for (const auto& provider : field.entries()) {
        for (const auto& country : provider.entries()) {
            const auto name = country.key();
            if (name != "*" && !is_capitals(name, 2))
                country.refuse("must be named by a country's two letters, or *");
            const auto add = [&](Money price, const std::string& from) {
                prices.push_back({.provider = provider.key(),
                                  .item = "sms/" + name,
                                  .service = "sms",
                                  .unit = "segment",
                                  .from = from,
                                  .steps = {{{}, price}},
                                  .source = book.at("source").text_or(""),
                                  .as_of = book.at("as_of").day_or("")});
            };
            if (!country.is_list()) {
                add(country.money(), "");
                continue;
            }
            if (country.list().empty()) country.refuse("must have an amount");
            for (const auto& each : country.list()) {
                each.refuse_other_fields({"from", "price"});
                add(each.at("price").money(), each.at("from").month_or(""));
            }
        }
    }
}

Monthly read_monthly(const Field& field) {
    field.refuse_other_fields({"provider", "item", "quantity", "per", "basis"});
    const auto per = field.at("per").text_or("month");
    if (per != "month" && per != "active-user")
        field.at("per").refuse("must be month or active-user");
    const auto basis = parse_basis(field.at("basis").text_or("assumed"));
    if (!basis || *basis == Basis::measured)
        field.at("basis").refuse("must be provider-reported, estimated or assumed");
    return {field.at("provider").text(), field.at("item").text(), field.at("quantity").quantity(),
            per == "active-user", *basis};
}

Budget read_budget(const Field& field) {
    Budget budget{.name = field.at("name").text(),
                  .monthly = field.at("monthly").money(),
                  .of = {},
                  .thresholds = {}};
    std::set<std::string> known{"name", "monthly", "thresholds"};
    for (const auto dimension : dimensions()) {
        if (dimension == Dimension::day) continue;
        known.insert(name(dimension));
        if (field.has(name(dimension).c_str()))
            budget.of[dimension] = field.at(name(dimension).c_str()).text();
    }
    field.refuse_other_fields(known);
    if (budget.monthly == Money{}) field.at("monthly").refuse("must be more than 0");
    if (const auto channel = field.at("channel").text_or("sms");
        channel != "push" && channel != "sms" && channel != "email")
        field.at("channel").refuse("must be push, sms or email");
    if (!is_capitals(field.at("country").text_or("US"), 2))
        field.at("country").refuse("must be a country's two letters");
    if (!field.has("thresholds")) budget.thresholds = {100};
    for (const auto& each :
         field.has("thresholds") ? field.at("thresholds").list() : std::vector<Field>{}) {
        const auto percent = each.percent();
        if (!budget.thresholds.empty() && percent <= budget.thresholds.back())
            each.refuse("must be more than the one before");
        budget.thresholds.push_back(percent);
    }
    if (budget.thresholds.empty()) field.at("thresholds").refuse("must have one");
    return budget;
}

template <typename Read>
auto read_all(const Field& book, const char* name, const Read& read,
              std::size_t most = most_entries) {
    std::vector<decltype(read(book))> all;
    if (!book.has(name)) return all;
    for (const auto& each : book.at(name).list()) {
        if (all.size() == most)
            book.at(name).refuse("has more than " + grouped(static_cast<std::int64_t>(most)) +
                                 " entries");
        all.push_back(read(each));
    }
    return all;
}

// A budget of what nobody bills would never be used up.
void refuse_idle(const Field& book, const PriceBook& read) {
    std::set<std::string> names;
    for (std::size_t i = 0; i < read.budgets.size(); ++i) {
        if (!names.insert(read.budgets[i].name).second)
            book.refuse("has two budgets named " + excerpt(read.budgets[i].name));
        for (const auto& [dimension, value] : read.budgets[i].of) {
            const bool is_provider = dimension == Dimension::provider;
            if (!is_provider && dimension != Dimension::service) continue;
            if (std::none_of(read.prices.begin(), read.prices.end(), [&](const Price& each) {
                    return (is_provider ? each.provider : each.service) == value;
                }))
                book.at("budgets")
                    .list()[i]
                    .at(name(dimension).c_str())
                    .refuse("is none that a price of the book has");
        }
    }
}

void refuse_twins(const Field& book, const std::vector<Price>& prices) {
    std::set<std::tuple<std::string, std::string, std::string>> seen;
    for (const auto& each : prices) {
        if (!seen.insert({each.provider, each.item, each.from}).second)
            book.refuse("has two prices of " + excerpt(each.item) + " of " +
                        excerpt(each.provider) + (each.from.empty() ? "" : " from " + each.from));
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

const Price* PriceBook::find(const std::string& provider, const std::string& item,
                             const std::string& month) const {
    const auto named = [&](const std::string& wanted) {
        const Price* latest = nullptr;
        for (const auto& each : prices) {
            if (each.provider == provider && each.item == wanted && each.from <= month &&
                (latest == nullptr || latest->from < each.from))
                latest = &each;
        }
        return latest;
    };
    const auto* own = named(item);
    return own != nullptr || !item.starts_with("sms/") ? own : named("sms/*");
}

std::optional<Money> PriceBook::sms_price(const std::string& provider, const std::string& country,
                                          const std::string& month) const {
    const auto* price = country.empty() ? nullptr : find(provider, "sms/" + country, month);
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
    return read_named("the price book", name, "name a file, or list-2025 or published");
}

PriceBook read_price_book(const std::string& name) {
    const auto json = parse_strictly(text_of_price_book(name), name);
    const Field book{json, name, ""};
    if (!json.is_object()) book.refuse("is no JSON object");
    if (json.value("schema_version", Json{}) != 1) book.at("schema_version").refuse("must be 1");
    book.refuse_other_fields({"schema_version", "name", "currency", "as_of", "about", "source",
                              "sms", "prices", "billed_by", "monthly", "budgets", "notes"});
    const auto currency = book.at("currency").text_or("");
    if (!is_capitals(currency, 3)) book.at("currency").refuse("must be three letters, such as USD");
    PriceBook read{.name = excerpt(book.at("name").text_or(name), 200),
                   .currency = currency,
                   .as_of = book.at("as_of").day_or(""),
                   .about = book.at("about").text_or(""),
                   .prices = {}};
    if (book.has("sms")) read_sms(book.at("sms"), book, read.prices);
    for (auto& each : read_all(book, "prices", [&](const Field& f) { return read_price(f, book); }))
        read.prices.push_back(std::move(each));
    refuse_twins(book, read.prices);
    if (book.has("billed_by")) {
        book.at("billed_by").refuse_other_fields({"s3", "folder", "postgresql", "redis"});
        for (const auto& each : book.at("billed_by").entries())
            read.billed_by[each.key()] = each.text();
    }
    read.monthly = read_all(book, "monthly", read_monthly, most_monthly);
    read.budgets = read_all(book, "budgets", read_budget);
    refuse_idle(book, read);
    read.notes = read_all(book, "notes", [](const Field& field) { return field.text(); });
    return read;
}

}  // namespace nightshift::costs
