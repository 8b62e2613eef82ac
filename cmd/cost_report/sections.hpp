// A cost report for people, as tables with words between them: the same in text, Markdown and HTML.
#pragma once

#include "costs/report.hpp"

#include <string>
#include <vector>

namespace nightshift::cmd {

struct Row {
    std::vector<std::string> cells;
    int bar = -1;             // percent of the whole; -1: none
    std::string remark = {};  // behind the bar
};

struct Head {
    std::string text;
    bool is_amount = true;
};

struct Section {
    std::string title;
    std::vector<Head> heads;  // none: there is no table
    std::vector<Row> rows;
    std::vector<std::string> words = {};  // behind the table
};

std::vector<Section> sections_of(const costs::Report& report);

// Of an amount with its billionths: 10.12, half of a cent away from zero.
std::string to_the_cent(Money money);
// What it costs; unpriced, and never 0.00, where nothing of it has a price.
std::string shown(const costs::Sum& sum);

}  // namespace nightshift::cmd
