#include "prices/price_list.hpp"

#include "base/text.hpp"
#include "output.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;
using costs::Price;
using costs::PriceBook;

// 0.0083; 0.085 from 0, 0.080 from 10240; 19.95 up to 50000
std::string amounts_of(const Price& price) {
    if (price.steps.size() == 1) return format_money(price.steps.front().price);
    std::string text;
    for (const auto& each : price.steps)
        text += fmt::format("{}{} from {}", text.empty() ? "" : ", ", format_money(each.price),
                            costs::format_quantity(each.from));
    for (const auto& each : price.plans)
        text += fmt::format("{}{} a month up to {}", text.empty() ? "" : ", ",
                            format_money(each.monthly), costs::format_quantity(each.up_to));
    return text;
}

Json or_null(const std::string& text) { return text.empty() ? Json{} : Json(text); }

Json to_json(const Price& price) {
    Json steps = Json::array();
    for (const auto& each : price.steps)
        steps.push_back(
            {{"from", costs::format_quantity(each.from)}, {"price", format_money(each.price)}});
    Json plans = Json::array();
    for (const auto& each : price.plans)
        plans.push_back({{"up_to", costs::format_quantity(each.up_to)},
                         {"monthly", format_money(each.monthly)}});
    return {{"provider", price.provider},
            {"item", price.item},
            {"service", price.service},
            {"unit", price.unit},
            {"from", or_null(price.from)},
            {"free", costs::format_quantity(price.free)},
            {"steps", steps},
            {"plans", plans},
            {"source", or_null(price.source)},
            {"as_of", or_null(price.as_of)},
            {"note", or_null(price.note)}};
}

Json to_json(const costs::Monthly& monthly) {
    return {{"provider", monthly.provider},
            {"item", monthly.item},
            {"quantity", costs::format_quantity(monthly.quantity)},
            {"per", monthly.is_per_active_user ? "active-user" : "month"},
            {"basis", name(monthly.basis)}};
}

Json to_json(const costs::Budget& budget) {
    Json json{{"name", budget.name},
              {"monthly", format_money(budget.monthly)},
              {"thresholds", budget.thresholds}};
    for (const auto& [dimension, value] : budget.of) json[name(dimension)] = value;
    return json;
}

template <typename Each>
Json all_of(const std::vector<Each>& entries) {
    Json all = Json::array();
    for (const auto& each : entries) all.push_back(to_json(each));
    return all;
}

}  // namespace

std::string text_of(const PriceBook& book) {
    Table prices{
        {"provider", "item", "unit", "price (" + book.currency + ")", "free", "from", "as of"}};
    for (const auto& each : book.prices)
        prices.add({printable(each.provider), printable(each.item), printable(each.unit),
                    amounts_of(each),
                    each.free == costs::Quantity{} ? "-" : costs::format_quantity(each.free),
                    each.from.empty() ? "-" : each.from, each.as_of.empty() ? "-" : each.as_of});
    auto text = excerpt(book.name, 200) +
                (book.about.empty() ? "" : ": " + excerpt(book.about, 500)) + "\n\n" +
                prices.text();
    Table monthly{{"each month uses", "item", "quantity", "for each"}};
    for (const auto& each : book.monthly)
        monthly.add({printable(each.provider), printable(each.item),
                     costs::format_quantity(each.quantity),
                     each.is_per_active_user ? "active user" : "month"});
    if (!book.monthly.empty()) text += "\n" + monthly.text();
    Table budgets{{"budget", "monthly (" + book.currency + ")", "of"}};
    for (const auto& each : book.budgets) {
        std::string of;
        for (const auto& [dimension, value] : each.of)
            of += (of.empty() ? "" : ", ") + name(dimension) + " " + printable(value);
        budgets.add({printable(each.name), format_money(each.monthly), of.empty() ? "all" : of});
    }
    if (!book.budgets.empty()) text += "\n" + budgets.text();
    for (const auto& each : book.notes) text += "\n" + printable(each);
    return text + (book.notes.empty() ? "" : "\n");
}

nlohmann::ordered_json to_json(const PriceBook& book) {
    return {{"book", book.name},
            {"currency", book.currency},
            {"about", book.about},
            {"prices", all_of(book.prices)},
            {"billed_by", book.billed_by},
            {"monthly", all_of(book.monthly)},
            {"budgets", all_of(book.budgets)},
            {"notes", book.notes}};
}

}  // namespace nightshift::cmd
