// What recompute-leaderboard was asked for, and its two ways to work.
#pragma once

#include "leaderboard/rebuild.hpp"
#include "progress.hpp"
#include "shared_options.hpp"

namespace nightshift::cmd {

struct RecomputeOptions {
    leaderboard::RebuildRequest request;
    std::optional<int> time_to_live_seconds;
    JobOptions job;
    std::optional<std::string> week;  // to close; none: no close
    bool dry_run = false;
};

// What --close without a week means.
inline constexpr const char* latest_week = "latest";

ExitCode close_week(Session& session, RecomputeOptions options, Progress& progress);

}  // namespace nightshift::cmd
