#include "leaderboard/board.hpp"

namespace nightshift::leaderboard {

std::string name(Period period) { return period == Period::weekly ? "weekly" : "monthly"; }

std::chrono::days length(Period period) {
    return std::chrono::days{period == Period::weekly ? 7 : 30};
}

std::string job(Period period) { return "recompute-leaderboard/" + name(period); }

Keys::Keys(Period period)
    : document{"leaderboard:" + name(period)},
      ranks{"{" + document + "}:ranks"},
      meta{"{" + document + "}:meta"},
      tagged{"{" + document + "}"} {}

}  // namespace nightshift::leaderboard
