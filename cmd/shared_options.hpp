// Options that several commands have, and that must mean the same everywhere. A value that cannot
// be right is refused while the command line is read (exit 64).
#pragma once

#include "base/instant.hpp"
#include "leaderboard/board.hpp"

#include <chrono>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

namespace nightshift::cmd {

// --period weekly|monthly
CLI::Option* add_period(CLI::App& command, leaderboard::Period& period);

// --as-of TIME: an instant, so with Z or an offset.
CLI::Option* add_as_of(CLI::App& command, std::optional<Instant>& as_of,
                       const std::string& purpose);

// A length of time in seconds: 0 to 86400, fractions allowed.
CLI::Option* add_seconds(CLI::App& command, const std::string& option,
                         std::chrono::milliseconds& length, const std::string& purpose);
CLI::Option* add_seconds(CLI::App& command, const std::string& option,
                         std::optional<std::chrono::milliseconds>& length,
                         const std::string& purpose);

// A crontab line's options: once per period, under a lease, within a time.
struct JobOptions {
    std::string once_per;  // hour, day, ...; empty: always
    bool rerun = false;
    std::optional<Instant> period;
    std::optional<std::chrono::milliseconds> lock_wait;  // none: what is usual for the command
    std::optional<std::chrono::milliseconds> timeout;
    std::optional<std::chrono::milliseconds> hard_timeout;
    std::string metrics_file;  // empty: none, or the setting's
};
// Returns --once-per.
CLI::Option* add_job_options(CLI::App& command, JobOptions& options, const std::string& wait);

// A check: an empty variable in somebody's script is no id.
std::string not_empty(const std::string& text);

}  // namespace nightshift::cmd
