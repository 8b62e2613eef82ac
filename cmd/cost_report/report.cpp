#include "cost_report/report.hpp"

#include "base/text.hpp"
#include "output.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

using Json = nlohmann::ordered_json;
using costs::Line;

constexpr std::int64_t widest_bar = 24;

// Of the sum, in blocks.
std::string bar_of(Money part, Money sum) {
    if (sum <= Money{}) return "";
    const auto block = std::max<std::int64_t>(sum.billionths / widest_bar, 1);
    const auto length = std::min(part.billionths / block, widest_bar);
    std::string bar;
    for (std::int64_t i = 0; i < length; ++i) bar += "█";
    return bar;
}

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

Json or_null(const std::string& text) { return text.empty() ? Json{} : Json(text); }

// What one of so many costs, to a ten-thousandth.
std::string each_of(Money sum, std::int64_t count) {
    constexpr std::int64_t ten_thousandth = 100'000;
    const auto rounded =
        (sum.billionths / count + ten_thousandth / 2) / ten_thousandth * ten_thousandth;
    return format_money(Money{rounded});
}

std::string lines_of(const costs::Bill& bill) {
    Table table{{"provider", "item", "quantity", "unit", "list", "cost", "basis", ""}};
    for (const auto& each : bill.lines) {
        table.add({printable(each.used.provider), printable(each.used.item),
                   costs::format_quantity(each.used.quantity), or_dash(each.unit),
                   each.cost ? to_the_cent(each.cost->list) : "-",
                   each.cost ? to_the_cent(each.cost->net) : "unpriced", name(each.used.basis),
                   each.cost ? bar_of(each.cost->net, bill.sum.net) : each.why_unpriced});
    }
    return table.text();
}

std::string groups_of(const CostReport& report) {
    std::vector<std::string> heads;
    for (const auto dimension : report.by) heads.push_back(name(dimension));
    heads.insert(heads.end(), {"list", "cost", ""});
    Table table{heads};
    for (const auto& each : report.groups) {
        std::vector<std::string> row;
        for (const auto& label : each.labels) row.push_back(or_dash(printable(label)));
        const auto* note = each.has_priced && each.has_unpriced ? " and what has no price" : "";
        row.insert(row.end(), {each.has_priced ? to_the_cent(each.cost.list) : "-",
                               each.has_priced ? to_the_cent(each.cost.net) : "unpriced",
                               bar_of(each.cost.net, report.bill.sum.net) + note});
        table.add(row);
    }
    return table.text();
}

Json to_json(const CostReport& report, const costs::Group& group) {
    Json json = Json::object();
    for (std::size_t i = 0; i < report.by.size(); ++i)
        json[name(report.by[i])] = or_null(group.labels[i]);
    json["list_cost"] = group.has_priced ? Json(format_money(group.cost.list)) : Json{};
    json["cost"] = group.has_priced ? Json(format_money(group.cost.net)) : Json{};
    json["has_unpriced"] = group.has_unpriced;
    return json;
}

}  // namespace

std::string to_the_cent(Money money) {
    constexpr std::int64_t cent = 10'000'000;
    const auto half = money.billionths < 0 ? -cent / 2 : cent / 2;
    return format_money(Money{(money.billionths + half) / cent * cent});
}

std::string to_text(const CostReport& report) {
    const auto& [what, book, bill, users, routed_to_push, saved, empty, by, groups] = report;
    if (bill.lines.empty()) return what + ": " + empty + "\n";
    auto text = fmt::format("{} by the book {}, in {}\n\n", what, book.name, book.currency) +
                (by.empty() ? lines_of(bill) : groups_of(report)) +
                fmt::format("\ncost {} {}{}\n", to_the_cent(bill.sum.net), book.currency,
                            bill.unpriced > 0
                                ? ", and " + counted(bill.unpriced, "line") + " without a price"
                                : "");
    if (bill.sum.list != bill.sum.net)
        text += fmt::format("by the list, without what is free, {} {}\n",
                            to_the_cent(bill.sum.list), book.currency);
    if (users)
        text += fmt::format("{} {} for each of {} users\n", each_of(bill.sum.net, *users),
                            book.currency, grouped(*users));
    if (saved)
        text += fmt::format("{} messages went as push in place of SMS: saves {} {}, net {} {}\n",
                            grouped(routed_to_push), to_the_cent(*saved), book.currency,
                            to_the_cent(*saved - bill.sum.net), book.currency);
    if (!book.notes.empty()) text += "\nwhat these figures leave out:\n";
    for (const auto& each : book.notes) text += "- " + printable(each) + "\n";
    return text;
}

Json to_json(const CostReport& report) {
    const auto& [what, book, bill, users, routed_to_push, saved, empty, by, groups] = report;
    Json lines = Json::array();
    for (const auto& each : bill.lines) {
        lines.push_back({{"provider", each.used.provider},
                         {"service", or_null(each.service)},
                         {"item", each.used.item},
                         {"quantity", costs::format_quantity(each.used.quantity)},
                         {"unit", or_null(each.unit)},
                         {"list_cost", each.cost ? Json(format_money(each.cost->list)) : Json{}},
                         {"cost", each.cost ? Json(format_money(each.cost->net)) : Json{}},
                         {"basis", each.cost ? name(each.used.basis) : "unpriced"},
                         {"why_unpriced", or_null(each.why_unpriced)},
                         {"price_source", or_null(each.source)},
                         {"price_as_of", or_null(each.as_of)}});
    }
    Json in_groups = Json::array();
    for (const auto& each : groups) in_groups.push_back(to_json(report, each));
    Json json{{"what", what},
              {"book", book.name},
              {"currency", book.currency},
              {"lines", lines},
              {"groups", by.empty() ? Json{} : in_groups},
              {"groups", by.empty() ? Json{} : in_groups},
              {"list_cost", format_money(bill.sum.list)},
              {"cost", format_money(bill.sum.net)},
              {"unpriced", bill.unpriced},
              {"users", users ? Json(*users) : Json{}},
              {"cost_per_user", users ? Json(each_of(bill.sum.net, *users)) : Json{}},
              {"saved_by_push", saved ? Json(format_money(*saved)) : Json{}},
              {"saved_net", saved ? Json(format_money(*saved - bill.sum.net)) : Json{}},
              {"notes", book.notes}};
    return json;
}

}  // namespace nightshift::cmd
