// What the flags and LOG_LEVEL, LOG_FORMAT make of the log. Both throw Error (configuration) for a
// setting that is none of its words.
#pragma once

#include "base/log.hpp"
#include "config/settings.hpp"

#include <string>

namespace nightshift::cmd {

log::Level log_level(bool verbose, bool quiet, const config::Settings& settings);

// Plain on a terminal, JSON lines elsewhere, unless the flag or LOG_FORMAT says otherwise.
log::Format log_format(const std::string& flag, const config::Settings& settings);

}  // namespace nightshift::cmd
