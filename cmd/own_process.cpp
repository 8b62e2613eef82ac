#include "own_process.hpp"

#include "base/process.hpp"

#include <csignal>
#include <functional>

#include <unistd.h>

namespace nightshift::cmd {

int run_ourselves(const std::vector<std::string>& arguments, const std::stop_token& stop) {
    // Our standard output has one result, and it is ours. A Ctrl-C that the terminal sends to our
    // group reaches it through us, once.
    Launch ours{.words = {"nightshift"},
                .program = this_program,
                .files = {-1, STDERR_FILENO, STDERR_FILENO},
                .group = Launch::Group::own};
    ours.words.insert(ours.words.end(), arguments.begin(), arguments.end());
    const auto pid = launch(ours);
    const std::stop_callback pass_on{stop, [pid] { ::kill(pid, SIGTERM); }};
    return wait_for(pid);
}

}  // namespace nightshift::cmd
