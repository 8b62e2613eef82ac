// Other programs, run to their end.
#pragma once

#include <string>
#include <vector>

namespace nightshift {

struct ProgramResult {
    int exit_code = 0;   // 127: there is no such program; 128 + n: a signal ended it
    std::string output;  // standard output and error, at most 1 MiB
};

// words[0] is looked for in PATH. Its input is empty, its language C.
ProgramResult run_program(const std::vector<std::string>& words);

}  // namespace nightshift
