// This very program once more, as a process of its own.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

namespace nightshift::cmd {

inline constexpr const char* this_program = "/proc/self/exe";

// Its standard output goes to our standard error, its input is empty. arguments: behind the
// program's name. Returns its exit code, 128 + n where a signal ended it; a stop is passed on as
// SIGTERM. Throws Error (internal) where it cannot be started.
int run_ourselves(const std::vector<std::string>& arguments, const std::stop_token& stop);

}  // namespace nightshift::cmd
