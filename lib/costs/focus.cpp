#include "costs/focus.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <utility>

namespace nightshift::costs {
namespace {

struct Category {
    std::string_view category;
    std::string_view subcategory;
};

// Of a price's service; what is none of these is Other.
Category category_of(const std::string& service) {
    static const std::map<std::string_view, Category> known{
        {"sms", {"Integration", "Messaging"}},
        {"email", {"Integration", "Messaging"}},
        {"push", {"Integration", "Messaging"}},
        {"s3", {"Storage", "Object Storage"}},
        {"storage", {"Storage", "Other (Storage)"}},
        {"postgresql", {"Databases", "Relational Databases"}},
        {"redis", {"Databases", "Caching"}},
        {"cloudfront", {"Networking", "Content Delivery"}},
        {"cdn", {"Networking", "Content Delivery"}},
        {"load balancer", {"Networking", "Application Networking"}},
        {"compute", {"Compute", "Virtual Machines"}},
        {"monitoring", {"Management and Governance", "Observability"}},
        {"analytics", {"Analytics", "Analytics Platforms"}},
    };
    const auto found = known.find(service);
    return found == known.end() ? Category{"Other", "Other (Other)"} : found->second;
}

// As FOCUS writes units: in capitals, and of several.
std::string unit_of(const std::string& unit) {
    static const std::map<std::string_view, std::string_view> known{
        {"segment", "Segments"},
        {"e-mail", "Emails"},
        {"message", "Messages"},
        {"GB", "GB"},
        {"event", "Events"},
        {"GB-month", "GB-Months"},
        {"month", "Months"},
        {"request", "Requests"},
        {"1000 requests", "1000 Requests"}};
    const auto found = known.find(unit);
    return std::string{found == known.end() ? "Units" : found->second};
}

// A null where there is none.
std::string text_or_null(std::string_view text) {
    return text.empty() ? std::string{} : csv_quoted(text);
}

std::string midnight(Day day) { return csv_quoted(day_name(day) + "T00:00:00Z"); }

Period charged(const Charge& charge, const Period& period) {
    if (const auto day = parse_day(charge.portion.day)) return {*day, *day + std::chrono::days{1}};
    const auto month = parse_month(charge.month).value();
    return {std::max(month.begin, period.begin), std::min(month.end, period.end)};
}

// What differs only in what FOCUS has no column for, as one; what has no price is left out.
std::vector<Charge> by_day(const std::vector<Charge>& charges) {
    std::map<std::tuple<std::string, std::string, std::string, std::string, Basis>, Charge> rows;
    for (const auto& each : charges) {
        if (!each.cost) continue;
        const auto& used = each.portion.used;
        const auto [row, is_new] = rows.try_emplace(
            {each.month, each.portion.day, used.provider, used.item, used.basis}, each);
        if (is_new) continue;
        auto& sum = row->second;
        sum.portion.used.quantity = sum.portion.used.quantity + used.quantity;
        sum.cost = *sum.cost + *each.cost;
    }
    std::vector<Charge> all;
    for (auto& [key, charge] : rows) all.push_back(std::move(charge));
    return all;
}

constexpr std::array<std::string_view, 31> columns{
    "BilledCost",       "BillingAccountId", "BillingAccountName",
    "BillingCurrency",  "BillingPeriodEnd", "BillingPeriodStart",
    "ChargeCategory",   "ChargeClass",      "ChargeDescription",
    "ChargeFrequency",  "ChargePeriodEnd",  "ChargePeriodStart",
    "ConsumedQuantity", "ConsumedUnit",     "ContractedCost",
    "EffectiveCost",    "InvoiceId",        "InvoiceIssuerName",
    "ListCost",         "PricingCategory",  "PricingQuantity",
    "PricingUnit",      "ProviderName",     "PublisherName",
    "ServiceCategory",  "ServiceName",      "ServiceSubcategory",
    "x_CostBasis",      "x_Item",           "x_PriceAsOf",
    "x_PriceSource"};

std::string row_of(const Charge& charge, const Period& period, const std::string& currency) {
    const auto& used = charge.portion.used;
    const auto month = parse_month(charge.month).value();
    const auto when = charged(charge, period);
    const auto [category, subcategory] = category_of(charge.price->service);
    const auto net = format_money(charge.cost->net);
    const auto quantity = format_quantity(used.quantity);
    const auto unit = csv_quoted(unit_of(charge.price->unit));
    const std::array<std::string, columns.size()> fields{
        net,
        csv_quoted(used.provider),
        "",
        csv_quoted(currency),
        midnight(month.end),
        midnight(month.begin),
        csv_quoted("Usage"),
        "",
        csv_quoted(used.item + " of " + used.provider),
        csv_quoted("Usage-Based"),
        midnight(when.end),
        midnight(when.begin),
        quantity,
        unit,
        net,
        net,
        "",
        csv_quoted(used.provider),
        format_money(charge.cost->list),
        csv_quoted("Standard"),
        quantity,
        unit,
        csv_quoted(used.provider),
        csv_quoted(used.provider),
        csv_quoted(category),
        csv_quoted(charge.price->service),
        csv_quoted(subcategory),
        csv_quoted(name(used.basis)),
        csv_quoted(used.item),
        text_or_null(charge.price->as_of),
        text_or_null(charge.price->source)};
    std::string row;
    for (const auto& each : fields) row += (row.empty() ? "" : ",") + each;
    return row + "\n";
}

}  // namespace

std::string to_focus(const std::vector<Charge>& charges, const Period& period,
                     const std::string& currency) {
    std::string text;
    for (const auto& each : columns) text += (text.empty() ? "" : ",") + std::string{each};
    text += "\n";
    for (const auto& each : by_day(charges)) text += row_of(each, period, currency);
    return text;
}

}  // namespace nightshift::costs
