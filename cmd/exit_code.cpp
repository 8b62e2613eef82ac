#include "exit_code.hpp"

#include <csignal>

namespace nightshift::cmd {

ExitCode exit_code(Failure failure, int signal) {
    switch (failure) {
        case Failure::usage:
            return ExitCode::usage;
        case Failure::data:
            return ExitCode::data;
        case Failure::unavailable:
            return ExitCode::unavailable;
        case Failure::busy:
            return ExitCode::busy;
        case Failure::internal:
            return ExitCode::internal;
        case Failure::output:
            return ExitCode::output;
        case Failure::refused:
            return ExitCode::refused;
        case Failure::configuration:
            return ExitCode::configuration;
        case Failure::timed_out:
            return ExitCode::timed_out;
        case Failure::interrupted:
            return signal == SIGTERM ? ExitCode::terminated : ExitCode::interrupted;
    }
    return ExitCode::internal;
}

}  // namespace nightshift::cmd
