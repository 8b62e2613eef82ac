#include "cost_report/formats.hpp"
#include "cost_report/sections.hpp"
#include "output.hpp"

namespace nightshift::cmd {
namespace {

constexpr int widest_bar = 24;

std::string bar_of(int percent) {
    std::string bar;
    for (int i = 0; i < percent * widest_bar / 100; ++i) bar += "█";
    return bar;
}

std::string table_of(const Section& section) {
    std::vector<std::string> heads;
    for (const auto& each : section.heads) heads.push_back(each.text);
    heads.emplace_back("");
    Table table{heads};
    for (const auto& row : section.rows) {
        auto cells = row.cells;
        const auto bar = bar_of(std::max(row.bar, 0));
        cells.push_back(bar + (bar.empty() || row.remark.empty() ? "" : " ") + row.remark);
        table.add(std::move(cells));
    }
    return table.text();
}

}  // namespace

std::string to_text(const costs::Report& report) {
    std::string text;
    for (const auto& section : sections_of(report)) {
        text += (text.empty() ? "" : "\n") + section.title + ":\n";
        if (!section.rows.empty()) text += "\n" + table_of(section);
        const bool is_list = section.heads.empty();
        if (!is_list && !section.words.empty()) text += "\n";
        for (const auto& each : section.words) text += (is_list ? "- " : "") + each + "\n";
    }
    return text;
}

}  // namespace nightshift::cmd
