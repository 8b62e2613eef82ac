#include "cost_report/formats.hpp"
#include "cost_report/sections.hpp"

namespace nightshift::cmd {
namespace {

// What Markdown would read as its own.
std::string escaped(const std::string& text) {
    std::string out;
    for (const auto character : text) {
        if (std::string_view{"\\`*_[]<>|~#"}.find(character) != std::string_view::npos) out += '\\';
        out += character;
    }
    return out;
}

std::string line_of(const std::vector<std::string>& cells) {
    std::string line = "|";
    for (const auto& each : cells) line += " " + escaped(each) + " |";
    return line + "\n";
}

std::string table_of(const Section& section) {
    std::vector<std::string> heads;
    std::string rule = "|";
    for (const auto& each : section.heads) {
        heads.push_back(each.text);
        rule += each.is_amount ? " ---: |" : " --- |";
    }
    heads.emplace_back("");
    auto text = line_of(heads) + rule + " --- |\n";
    for (const auto& row : section.rows) {
        auto cells = row.cells;
        cells.push_back(row.remark);
        text += line_of(cells);
    }
    return text;
}

}  // namespace

std::string to_markdown(const costs::Report& report) {
    std::string text;
    for (const auto& section : sections_of(report)) {
        text += (text.empty() ? "# " : "\n## ") + escaped(section.title) + "\n\n";
        if (!section.rows.empty()) text += table_of(section) + (section.words.empty() ? "" : "\n");
        for (const auto& each : section.words) text += "- " + escaped(each) + "\n";
    }
    return text;
}

}  // namespace nightshift::cmd
