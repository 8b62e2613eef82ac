// What the two leaderboard commands share: the option --period, and the table.
#pragma once

#include "leaderboard/document.hpp"

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace nightshift::cmd {

CLI::Option* add_period(CLI::App& command, leaderboard::Period& period);

std::string board_table(const std::vector<leaderboard::Standing>& top);

}  // namespace nightshift::cmd
