// Other programs, run to their end.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace nightshift {

struct ProgramResult {
    int exit_code = 0;     // 127: there is no such program; 128 + n: a signal ended it
    std::string out = {};  // at most 1 MiB of each
    std::string err = {};
    bool is_cut = false;  // it was more

    std::string said() const { return out + err; }
};

// words[0] is looked for in our PATH. Its input is empty; its environment is ours in the language
// C, or the one that is given ("NAME=value").
ProgramResult run_program(const std::vector<std::string>& words,
                          const std::optional<std::vector<std::string>>& environment = {});

}  // namespace nightshift
