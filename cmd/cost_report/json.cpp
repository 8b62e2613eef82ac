#include "cost_report/formats.hpp"

#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;

Json or_null(const std::string& text) { return text.empty() ? Json{} : Json(text); }

Json amount(Money money, bool is_known) { return is_known ? Json(format_money(money)) : Json{}; }

Json lines(const costs::Report& report) {
    Json all = Json::array();
    for (const auto& [used, price, sum, why] : costs::lines_of(report.charges))
        all.push_back({{"provider", used.provider},
                       {"service", price == nullptr ? Json{} : or_null(price->service)},
                       {"item", used.item},
                       {"quantity", costs::format_quantity(used.quantity)},
                       {"unit", price == nullptr ? Json{} : or_null(price->unit)},
                       {"list_cost", amount(sum.cost.list, sum.has_priced)},
                       {"cost", amount(sum.cost.net, sum.has_priced)},
                       {"basis", sum.has_priced ? name(used.basis) : "unpriced"},
                       {"quantity_basis", name(used.basis)},
                       {"why_unpriced", or_null(why)},
                       {"price_source", price == nullptr ? Json{} : or_null(price->source)},
                       {"price_as_of", price == nullptr ? Json{} : or_null(price->as_of)}});
    return all;
}

Json labels(const costs::Report& report, const std::vector<std::string>& labels) {
    if (report.by.empty()) return {{"provider", labels[0]}, {"item", labels[1]}};
    Json json = Json::object();
    for (std::size_t i = 0; i < labels.size(); ++i) json[name(report.by[i])] = or_null(labels[i]);
    return json;
}

Json groups(const costs::Report& report) {
    if (report.by.empty()) return {};
    Json all = Json::array();
    for (const auto& each : costs::groups_of(report.charges, report.by)) {
        auto json = labels(report, each.labels);
        json["list_cost"] = amount(each.sum.cost.list, each.sum.has_priced);
        json["cost"] = amount(each.sum.cost.net, each.sum.has_priced);
        json["has_unpriced"] = each.sum.has_unpriced;
        all.push_back(std::move(json));
    }
    return all;
}

Json amounts(const costs::Change& change) {
    const bool is_known = change.is_comparable;
    return {{"before", amount(change.before, is_known)},
            {"now", amount(change.now, is_known)},
            {"change", amount(change.now - change.before, is_known)},
            {"by_volume", amount(change.by_volume, is_known)},
            {"by_price", amount(change.by_price, is_known)},
            {"has_unpriced", change.has_unpriced},
            {"has_no_data", change.has_no_data}};
}

Json comparison(const costs::Report& report) {
    if (!report.comparison) return {};
    Json changes = Json::array();
    for (const auto& each : report.comparison->changes) {
        auto json = labels(report, each.labels);
        json.update(amounts(each));
        changes.push_back(std::move(json));
    }
    auto json = amounts(report.comparison->sum);
    json["with"] = report.comparison->with;
    json["changes"] = changes;
    return json;
}

Json forecast(const costs::Report& report) {
    if (!report.forecast)
        return report.no_forecast.empty() ? Json{} : Json{{"refused", report.no_forecast}};
    const auto& [low, expected, high] = *report.forecast;
    return {{"cost", amount(expected.cost.net, expected.has_priced)},
            {"low", amount(low.cost.net, low.has_priced)},
            {"high", amount(high.cost.net, high.has_priced)},
            {"has_unpriced", high.has_unpriced},
            {"probability", 0.8}};
}

Json budgets(const costs::Report& report) {
    Json all = Json::array();
    for (const auto& each : report.budgets)
        all.push_back(
            {{"budget", each.budget->name},
             {"monthly", format_money(each.budget->monthly)},
             {"spent",
              amount(each.spent.cost.net, !each.spent.has_unpriced || each.spent.has_priced)},
             {"percent", each.percent},
             {"threshold", each.threshold ? Json(*each.threshold) : Json{}},
             {"forecast",
              each.forecast ? amount(each.forecast->cost.net, each.forecast->has_priced) : Json{}},
             {"is_within", each.is_within()},
             {"is_over", each.is_over()},
             {"will_be_over", each.will_be_over()},
             {"has_unpriced", each.spent.has_unpriced}});
    return all;
}

Json unit_costs(const costs::Report& report) {
    Json all = Json::array();
    for (const auto& each : report.unit_costs)
        all.push_back({{"of", each.of},
                       {"count", each.count},
                       {"cost", format_money(Money{each.sum.cost.net.billionths / each.count})},
                       {"has_unpriced", each.sum.has_unpriced}});
    return all;
}

}  // namespace

nlohmann::ordered_json to_json(const costs::Report& report) {
    const auto day = [&](costs::Day costs::Period::*which) {
        return report.period ? Json(costs::day_name((*report.period).*which)) : Json{};
    };
    const bool has_net = report.saved && !report.period;
    return {
        {"what", report.title},
        {"from", day(&costs::Period::begin)},
        {"until", day(&costs::Period::end)},
        {"book", report.book->name},
        {"currency", report.book->currency},
        {"has_data", report.has_data},
        {"list_cost", amount(report.sum.cost.list, report.sum.has_priced)},
        {"cost", amount(report.sum.cost.net, report.sum.has_priced)},
        {"has_unpriced", report.sum.has_unpriced},
        {"lines", lines(report)},
        {"groups", groups(report)},
        {"comparison", comparison(report)},
        {"forecast", forecast(report)},
        {"budgets", budgets(report)},
        {"unit_costs", unit_costs(report)},
        {"saved", report.saved ? Json(format_money(*report.saved)) : Json{}},
        {"saved_net", has_net ? Json(format_money(*report.saved - report.sum.cost.net)) : Json{}},
        {"notes", report.notes}};
}

}  // namespace nightshift::cmd
