#include "base/text.hpp"
#include "cost_report/formats.hpp"
#include "cost_report/sections.hpp"
#include "pages.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <mustache.hpp>

namespace nightshift::cmd {
namespace {

namespace mustache = kainjow::mustache;
using Data = mustache::data;
using costs::Dimension;

constexpr std::size_t most_series = 6;  // the last one: all others

Data list() { return Data{Data::type::list}; }

Data object(const std::vector<std::pair<std::string, std::string>>& fields) {
    Data data{Data::type::object};
    for (const auto& [name, value] : fields) data.set(name, value);
    return data;
}

double part_of(Money part, Money whole) {
    return whole <= Money{}
               ? 0
               : static_cast<double>(part.billionths) / static_cast<double>(whole.billionths);
}

std::string label_shown(const std::string& label) { return label.empty() ? "-" : printable(label); }

// Services by what they cost, the dearest first; each of the first five has a colour of its own.
struct Series {
    std::vector<costs::Group> services;

    explicit Series(const costs::Report& report)
        : services{costs::groups_of(report.charges, {Dimension::service})} {
        std::stable_sort(services.begin(), services.end(), [](const auto& one, const auto& other) {
            return one.sum.cost.net > other.sum.cost.net;
        });
    }
    std::size_t of(const std::string& service) const {
        const auto found = std::find_if(services.begin(), services.end(), [&](const auto& each) {
            return each.labels.front() == service;
        });
        return std::min(static_cast<std::size_t>(found - services.begin()), most_series - 1);
    }
    std::string name(std::size_t which) const {
        return which + 1 < most_series || services.size() == most_series
                   ? label_shown(services.at(which).labels.front())
                   : "others";
    }
};

Data figures_of(const costs::Report& report) {
    const auto& currency = report.book->currency;
    auto figures = list();
    const auto add = [&](const std::string& value, const std::string& of) {
        figures.push_back(object({{"value", value}, {"of", of}}));
    };
    add(shown(report.sum),
        currency + (report.sum.has_unpriced ? ", and what has no price" : ", after what is free"));
    if (report.sum.cost.list != report.sum.cost.net)
        add(to_the_cent(report.sum.cost.list), "by the list");
    if (report.comparison && report.comparison->sum.is_comparable)
        add((report.comparison->sum.now > report.comparison->sum.before ? "+" : "") +
                to_the_cent(report.comparison->sum.now - report.comparison->sum.before),
            "compared with " + report.comparison->with);
    if (report.forecast) add(shown(report.forecast->expected), "expected for the whole month");
    if (report.saved) add(to_the_cent(*report.saved), "saved by routing");
    return figures;
}

Data shares_of(const costs::Report& report, const Series& series) {
    auto shares = list();
    for (std::size_t i = 0; i < series.services.size(); ++i) {
        const auto& [labels, sum] = series.services[i];
        shares.push_back(object(
            {{"name", label_shown(labels.front())},
             {"series", fmt::format("s{}", std::min(i, most_series - 1))},
             {"percent", fmt::format("{:.1f}", 100 * part_of(sum.cost.net, report.sum.cost.net))},
             {"cost", shown(sum)}}));
    }
    return shares;
}

// Columns of days, one beside the other, in a drawing of a unit's width for each and 100 high.
void add_days(Data& page, const costs::Report& report, const Series& series) {
    std::map<std::string, std::map<std::size_t, Money>> days;
    for (const auto& [labels, sum] :
         costs::groups_of(report.charges, {Dimension::day, Dimension::service})) {
        if (labels[0].empty()) continue;
        auto& cost = days[labels[0]][series.of(labels[1])];
        cost = cost + sum.cost.net;
    }
    Money most;
    for (const auto& [day, parts] : days) {
        Money sum;
        for (const auto& [which, cost] : parts) sum = sum + cost;
        most = std::max(most, sum);
    }
    if (most == Money{}) return;
    const auto first = costs::parse_day(days.begin()->first).value();
    const auto last = costs::parse_day(days.rbegin()->first).value();
    auto columns = list();
    std::set<std::size_t> shown_series;
    for (const auto& [day, parts] : days) {
        double top = 100;
        for (const auto& [which, cost] : parts) {
            const auto height = 100 * part_of(cost, most);
            if (height <= 0) continue;
            top -= height;
            shown_series.insert(which);
            columns.push_back(object(
                {{"series", fmt::format("s{}", which)},
                 {"x", fmt::format("{:.1f}", static_cast<double>(
                                                 (costs::parse_day(day).value() - first).count()) +
                                                 0.1)},
                 {"y", fmt::format("{:.3f}", top)},
                 {"height", fmt::format("{:.3f}", height)},
                 {"day", day},
                 {"name", series.name(which)},
                 {"currency", report.book->currency},
                 {"cost", to_the_cent(cost)}}));
        }
    }
    auto legend = list();
    for (const auto which : shown_series)
        legend.push_back(
            object({{"series", fmt::format("s{}", which)}, {"name", series.name(which)}}));
    page.set("has_days", true);
    page.set("columns", columns);
    page.set("legend", legend);
    page.set("most", to_the_cent(most));
    page.set("currency", report.book->currency);
    page.set("width", std::to_string((last - first).count() + 1));
    page.set("first", costs::day_name(first));
    page.set("last", costs::day_name(last));
}

Data section_of(const Section& section) {
    auto heads = list(), rows = list(), words = list();
    const auto class_of = [&](std::size_t column) {
        return section.heads[column].is_amount ? "amount" : "";
    };
    for (std::size_t i = 0; i < section.heads.size(); ++i)
        heads.push_back(object({{"text", section.heads[i].text}, {"class", class_of(i)}}));
    const bool has_remarks = std::any_of(section.rows.begin(), section.rows.end(),
                                         [](const Row& each) { return !each.remark.empty(); });
    if (has_remarks) heads.push_back(object({{"text", ""}, {"class", ""}}));
    for (const auto& each : section.rows) {
        auto cells = list();
        for (std::size_t i = 0; i < each.cells.size(); ++i)
            cells.push_back(object({{"text", each.cells[i]}, {"class", class_of(i)}}));
        if (has_remarks) cells.push_back(object({{"text", each.remark}, {"class", "remark"}}));
        Data row{Data::type::object};
        row.set("cells", cells);
        rows.push_back(row);
    }
    for (const auto& each : section.words) words.push_back(object({{"text", each}}));
    Data data{Data::type::object};
    data.set("title", section.title);
    data.set("heads", heads);
    data.set("has_rows", !section.rows.empty());
    data.set("rows", rows);
    data.set("words", words);
    return data;
}

}  // namespace

std::string to_html(const costs::Report& report, Instant now) {
    static mustache::mustache form{std::string{pages::page}};
    const Series series{report};
    auto sections = list();
    const auto all = sections_of(report);
    for (const auto& each : all) sections.push_back(section_of(each));
    Data page{Data::type::object};
    page.set("title", all.front().title);
    page.set("made", format_instant(std::chrono::floor<std::chrono::seconds>(now)));
    page.set("figures", figures_of(report));
    page.set("has_shares", report.sum.cost.net > Money{});
    page.set("shares", shares_of(report, series));
    add_days(page, report, series);
    page.set("sections", sections);
    return form.render(page);
}

}  // namespace nightshift::cmd
