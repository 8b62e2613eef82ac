// The board as both leaderboard commands show it.
#pragma once

#include "leaderboard/document.hpp"

#include <string>
#include <vector>

namespace nightshift::cmd {

std::string board_table(const std::vector<leaderboard::Standing>& top);

}  // namespace nightshift::cmd
