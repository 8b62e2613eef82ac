// The forms of a cost report.
#pragma once

#include "costs/report.hpp"

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace nightshift::cmd {

std::string to_text(const costs::Report& report);  // with bars
std::string to_markdown(const costs::Report& report);
// One page that needs nothing from elsewhere: no script, no font, no picture.
std::string to_html(const costs::Report& report, Instant now);
// RFC 4180 with line feeds: the lines, or the groups, each with its change where there is one.
// Exact amounts; an empty field: none.
std::string to_csv(const costs::Report& report);
nlohmann::ordered_json to_json(const costs::Report& report);

}  // namespace nightshift::cmd
