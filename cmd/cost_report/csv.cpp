#include "base/text.hpp"
#include "cost_report/formats.hpp"

#include <map>

namespace nightshift::cmd {
namespace {

std::string line_of(const std::vector<std::string>& fields) {
    std::string line;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const bool needs_quotes = fields[i].find_first_of(",\"\r\n") != std::string::npos;
        line += (i == 0 ? "" : ",") + (needs_quotes ? csv_quoted(fields[i]) : fields[i]);
    }
    return line + "\n";
}

std::string amount(Money money, bool is_known) { return is_known ? format_money(money) : ""; }

std::vector<std::string> fields_of(const costs::Change& change) {
    std::vector<std::string> fields;
    for (const auto money : {change.before, change.by_volume, change.by_price})
        fields.push_back(amount(money, change.is_comparable));
    return fields;
}

// The rows by their labels, each with its change behind it; what is no more has a row of its own.
std::string joined(const costs::Report& report,
                   std::map<std::vector<std::string>, std::vector<std::string>> rows,
                   std::size_t columns) {
    if (report.comparison) {
        for (const auto& each : report.comparison->changes) {
            auto& row = rows.try_emplace(each.labels, each.labels).first->second;
            row.resize(columns);
            for (auto& field : fields_of(each)) row.push_back(std::move(field));
        }
    }
    std::string text;
    for (const auto& [labels, row] : rows) text += line_of(row);
    return text;
}

std::string lines(const costs::Report& report, std::size_t columns) {
    std::map<std::vector<std::string>, std::vector<std::string>> rows;
    for (const auto& [used, price, sum, why] : costs::lines_of(report.charges)) {
        rows[{used.provider, used.item}] = {used.provider,
                                            used.item,
                                            price == nullptr ? "" : price->service,
                                            costs::format_quantity(used.quantity),
                                            price == nullptr ? "" : price->unit,
                                            amount(sum.cost.list, sum.has_priced),
                                            amount(sum.cost.net, sum.has_priced),
                                            report.book->currency,
                                            sum.has_priced ? name(used.basis) : "unpriced",
                                            why,
                                            price == nullptr ? "" : price->source,
                                            price == nullptr ? "" : price->as_of};
    }
    return joined(report, std::move(rows), columns);
}

std::string groups(const costs::Report& report, std::size_t columns) {
    std::map<std::vector<std::string>, std::vector<std::string>> rows;
    for (const auto& [labels, sum] : costs::groups_of(report.charges, report.by)) {
        auto& row = rows[labels] = labels;
        row.insert(row.end(),
                   {amount(sum.cost.list, sum.has_priced), amount(sum.cost.net, sum.has_priced),
                    report.book->currency, sum.has_unpriced ? "true" : "false"});
    }
    return joined(report, std::move(rows), columns);
}

}  // namespace

std::string to_csv(const costs::Report& report) {
    std::vector<std::string> heads;
    if (report.by.empty()) {
        heads = {"provider", "item",     "service", "quantity",     "unit",         "list_cost",
                 "cost",     "currency", "basis",   "why_unpriced", "price_source", "price_as_of"};
    } else {
        for (const auto dimension : report.by) heads.push_back(name(dimension));
        heads.insert(heads.end(), {"list_cost", "cost", "currency", "has_unpriced"});
    }
    const auto columns = heads.size();
    if (report.comparison) heads.insert(heads.end(), {"cost_before", "by_volume", "by_price"});
    return line_of(heads) + (report.by.empty() ? lines(report, columns) : groups(report, columns));
}

}  // namespace nightshift::cmd
