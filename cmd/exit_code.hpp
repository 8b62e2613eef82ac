// The exit codes, the same for every command; the man page nightshift(1) explains them.
#pragma once

#include "base/error.hpp"

namespace nightshift::cmd {

enum class ExitCode {
    done = 0,
    negative = 1,
    partial = 2,
    could_not_tell = 3,
    usage = 64,
    data = 65,
    unavailable = 69,
    internal = 70,
    output = 74,
    busy = 75,
    refused = 77,
    configuration = 78,
    timed_out = 124,
    interrupted = 130,  // SIGINT
    terminated = 143,   // SIGTERM
};

// signal: the one that asked us to stop, for Failure::interrupted.
ExitCode exit_code(Failure failure, int signal);

}  // namespace nightshift::cmd
