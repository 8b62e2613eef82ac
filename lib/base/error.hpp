// The one exception that ends a command. What is expected (a row that failed, a board that was
// never published) is a value in a result; what makes going on pointless is an Error.
//
// message: what failed and on which object. cause: why, with the server's own words.
// hint: what to do, a command or a setting. None of them ever holds a secret.
#pragma once

#include <stdexcept>
#include <string>

namespace nightshift {

// What kind of failure it is; cmd/exit_code.cpp gives each its exit code.
enum class Failure {
    usage,          // the command line cannot be right
    data,           // the input is bad: a file, a row, an id that does not exist
    unavailable,    // Postgres, Redis or a provider is down, or went away
    busy,           // another run holds the job
    internal,       // our bug
    output,         // the result could not be written
    refused,        // a safety rule says no without a flag
    configuration,  // settings, credentials, a schema too old or too new
    timed_out,      // out of its time budget
    interrupted,    // SIGINT or SIGTERM
};

struct Error : std::runtime_error {
    Error(Failure kind, const std::string& message, std::string why = {},
          std::string what_to_do = {})
        : std::runtime_error{message},
          failure{kind},
          cause{std::move(why)},
          hint{std::move(what_to_do)} {}

    Failure failure;
    std::string cause;
    std::string hint;
};

}  // namespace nightshift
