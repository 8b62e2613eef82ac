// Other programs: started, waited for, or run to their end with what they say.
#pragma once

#include <array>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <sys/types.h>

namespace nightshift {

struct Launch {
    enum class Group {
        ours,
        own,      // a terminal's Ctrl-C does not reach it
        session,  // nor does anything else that is sent to ours
    };
    std::vector<std::string> words;  // the first is looked for in our PATH
    std::string program = {};        // the file, where the first word is but its name
    std::optional<std::vector<std::string>> environment = {};  // "NAME=value"; none: ours
    std::string user = {};    // as whom, before anything of the environment counts; takes root
    std::string folder = {};  // where; / where that is none
    std::array<int, 3> files{-1, -1, -1};  // its standard descriptors; -1: /dev/null
    Group group = Group::ours;
};

// It has no descriptors but these and no blocked or ignored signals. Throws Error (internal) where
// no process can be made; where there is no such program it ends with 127.
pid_t launch(const Launch& launch);

// Its exit code; 128 + n where a signal ended it.
int wait_for(pid_t pid);

struct ProgramResult {
    int exit_code = 0;     // as above
    std::string out = {};  // at most 1 MiB of each
    std::string err = {};
    bool is_cut = false;  // it was more

    std::string said() const { return out + err; }
};

// To its end, and no longer, though it may have left others behind; what it says is caught. A stop
// kills it, and its group where that is its own.
ProgramResult run_program(Launch launch, const std::stop_token& stop = {});
// In the language C.
ProgramResult run_program(const std::vector<std::string>& words);

}  // namespace nightshift
