#include "cost_report/sections.hpp"

#include "base/text.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace nightshift::cmd {
namespace {

std::string or_dash(const std::string& text) { return text.empty() ? "-" : printable(text); }

std::string signed_cents(Money money) { return (money > Money{} ? "+" : "") + to_the_cent(money); }

int percent_of(Money part, Money whole) {
    if (whole <= Money{} || part < Money{}) return 0;
    __extension__ using Wide = __int128;
    return static_cast<int>((Wide{part.billionths} * 200 / whole.billionths + 1) / 2);
}

// To a ten-thousandth; what is less than a hundredth to a millionth.
std::string each_of(const costs::UnitCost& unit) {
    constexpr std::int64_t hundredth = 10'000'000;
    const auto each = unit.sum.cost.net.billionths / unit.count;
    const std::int64_t step = each < hundredth ? 1'000 : 100'000;
    return format_money(Money{(each + step / 2) / step * step});
}

std::vector<Head> heads_of(const std::vector<costs::Dimension>& by) {
    if (by.empty()) return {{"provider", false}, {"item", false}};
    std::vector<Head> heads;
    for (const auto dimension : by) heads.push_back({name(dimension), false});
    return heads;
}

std::vector<std::string> cells_of(const std::vector<std::string>& labels) {
    std::vector<std::string> cells;
    for (const auto& each : labels) cells.push_back(or_dash(each));
    return cells;
}

std::vector<Row> rows_of_lines(const costs::Report& report) {
    std::vector<Row> rows;
    for (const auto& [used, price, sum, why] : costs::lines_of(report.charges)) {
        rows.push_back(
            {{or_dash(used.provider), or_dash(used.item), costs::format_quantity(used.quantity),
              price == nullptr ? "-" : or_dash(price->unit),
              sum.has_priced ? to_the_cent(sum.cost.list) : "-", shown(sum), name(used.basis)},
             percent_of(sum.cost.net, report.sum.cost.net),
             printable(why)});
    }
    return rows;
}

std::vector<Row> rows_of_groups(const costs::Report& report) {
    std::vector<Row> rows;
    for (const auto& [labels, sum] : costs::groups_of(report.charges, report.by)) {
        auto cells = cells_of(labels);
        cells.insert(cells.end(), {sum.has_priced ? to_the_cent(sum.cost.list) : "-", shown(sum)});
        rows.push_back({cells, percent_of(sum.cost.net, report.sum.cost.net),
                        sum.has_priced && sum.has_unpriced ? "and what has no price" : ""});
    }
    return rows;
}

std::int64_t unpriced_lines(const costs::Report& report) {
    const auto lines = costs::lines_of(report.charges);
    return std::count_if(lines.begin(), lines.end(),
                         [](const auto& line) { return line.sum.has_unpriced; });
}

Section costs_of(const costs::Report& report) {
    const auto& currency = report.book->currency;
    Section section{
        .title = report.title + " by the book " + printable(report.book->name) + ", in " + currency,
        .heads = heads_of(report.by),
        .rows = report.by.empty() ? rows_of_lines(report) : rows_of_groups(report)};
    const bool has_lines = report.by.empty();
    if (has_lines) section.heads.insert(section.heads.end(), {Head{"quantity"}, {"unit", false}});
    section.heads.insert(section.heads.end(), {Head{"list"}, {"cost"}});
    if (has_lines) section.heads.push_back({"basis", false});
    if (!report.has_data)
        section.words.push_back("there is no data of it" +
                                std::string{report.charges.empty()
                                                ? ""
                                                : ", but for what the book says of each month"});
    if (report.charges.empty()) return section;
    const auto unpriced = unpriced_lines(report);
    section.words.push_back(
        fmt::format("cost {}{}", shown(report.sum) + " " + currency,
                    unpriced > 0 ? ", and " + counted(unpriced, "line") + " without a price" : ""));
    if (report.sum.cost.list != report.sum.cost.net)
        section.words.push_back(fmt::format("by the list, without what is free, {} {}",
                                            to_the_cent(report.sum.cost.list), currency));
    if (report.forecast) {
        const auto& [low, expected, high] = *report.forecast;
        section.words.push_back(fmt::format(
            "the whole month is expected to cost {} {}: {} to {} with a probability of 80 %{}",
            shown(expected), currency, shown(low), shown(high),
            high.has_unpriced ? ", and what has no price then" : ""));
    }
    if (!report.no_forecast.empty()) section.words.push_back("no forecast: " + report.no_forecast);
    if (report.saved)
        section.words.push_back(
            fmt::format("what went as push or e-mail in place of SMS saves {} {}",
                        to_the_cent(*report.saved), currency) +
            (report.period
                 ? ""
                 : fmt::format(", net {} {}", to_the_cent(*report.saved - report.sum.cost.net),
                               currency)));
    return section;
}

Section changes_of(const costs::Report& report, const costs::Comparison& comparison) {
    Section section{
        .title = "compared with " + comparison.with, .heads = heads_of(report.by), .rows = {}};
    const auto labels = section.heads.size();
    for (const auto* head : {"before", "now", "change", "by volume", "by price"})
        section.heads.push_back({head});
    const auto add = [&](std::vector<std::string> cells, const costs::Change& each) {
        if (each.is_comparable) {
            cells.insert(cells.end(), {to_the_cent(each.before), to_the_cent(each.now),
                                       signed_cents(each.now - each.before),
                                       signed_cents(each.by_volume), signed_cents(each.by_price)});
        } else {
            cells.resize(section.heads.size(), "-");
        }
        std::string remark = each.has_no_data ? "no data of one of the two" : "";
        if (each.has_unpriced) remark += remark.empty() ? "no price" : ", no price";
        if (each.is_comparable && !remark.empty()) remark = "without what has " + remark;
        section.rows.push_back({std::move(cells), -1, remark});
    };
    for (const auto& each : comparison.changes) add(cells_of(each.labels), each);
    std::vector<std::string> all(labels);
    all.front() = "all";
    add(all, comparison.sum);
    return section;
}

Section budgets_of(const costs::Report& report) {
    Section section{.title = "budgets",
                    .heads = {{"budget", false}, {"monthly"}, {"spent"}, {"of it"}, {"forecast"}},
                    .rows = {}};
    for (const auto& each : report.budgets) {
        std::string remark;
        if (each.is_over()) {
            remark = "it is over";
        } else if (each.will_be_over()) {
            remark = "it will be over";
        } else if (each.threshold) {
            remark = fmt::format("{} % are reached", *each.threshold);
        }
        if (each.spent.has_unpriced || (each.forecast && each.forecast->has_unpriced))
            remark += remark.empty() ? "some of it has no price" : ", and some of it has no price";
        section.rows.push_back(
            {{or_dash(each.budget->name), to_the_cent(each.budget->monthly), shown(each.spent),
              fmt::format("{} %", each.percent), each.forecast ? shown(*each.forecast) : "-"},
             static_cast<int>(std::min<std::int64_t>(each.percent, 100)),
             remark});
    }
    return section;
}

Section unit_costs_of(const costs::Report& report) {
    Section section{
        .title = "unit costs", .heads = {{"of each", false}, {"count"}, {"cost"}}, .rows = {}};
    for (const auto& each : report.unit_costs)
        section.rows.push_back({{each.of, grouped(each.count), each_of(each)},
                                -1,
                                each.sum.has_unpriced ? "without what has no price" : ""});
    return section;
}

}  // namespace

std::string to_the_cent(Money money) {
    constexpr std::int64_t cent = 10'000'000;
    const auto half = money.billionths < 0 ? -cent / 2 : cent / 2;
    return format_money(Money{(money.billionths + half) / cent * cent});
}

std::string shown(const costs::Sum& sum) {
    return !sum.has_priced && sum.has_unpriced ? "unpriced" : to_the_cent(sum.cost.net);
}

std::vector<Section> sections_of(const costs::Report& report) {
    std::vector<Section> sections{costs_of(report)};
    if (report.comparison) sections.push_back(changes_of(report, *report.comparison));
    if (!report.budgets.empty()) sections.push_back(budgets_of(report));
    if (!report.unit_costs.empty()) sections.push_back(unit_costs_of(report));
    if (!report.notes.empty()) {
        Section notes{.title = "what these figures suppose and leave out", .heads = {}, .rows = {}};
        for (const auto& each : report.notes) notes.words.push_back(printable(each));
        sections.push_back(notes);
    }
    return sections;
}

}  // namespace nightshift::cmd
