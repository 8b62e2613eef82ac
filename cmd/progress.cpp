#include "progress.hpp"

#include "base/log.hpp"
#include "base/text.hpp"

#include <iostream>

#include <unistd.h>

namespace nightshift::cmd {
namespace {

using namespace std::chrono_literals;

constexpr auto between_drawings = 100ms;
constexpr auto between_lines = 10s;
constexpr const char* erase_line = "\r\x1b[K";

}  // namespace

Progress::Progress(const Session& session, std::string thing)
    : thing_{std::move(thing)},
      on_terminal_{session.output.is_for_people() && ::isatty(STDERR_FILENO) != 0},
      next_{std::chrono::steady_clock::now() + (on_terminal_ ? 500ms : 10s)} {}

void Progress::clear() {
    if (drawn_) std::cerr << erase_line << std::flush;
    drawn_ = false;
}

void Progress::report(const std::string& of, std::int64_t count, const std::string& more) {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) return;
    next_ = now + (on_terminal_ ? std::chrono::milliseconds{between_drawings}
                                : std::chrono::milliseconds{between_lines});
    const auto behind = more.empty() ? more : ", " + more;
    if (!on_terminal_) {
        log::debug("at work", {{"on", of}, {"done", counted(count, thing_) + behind}});
        return;
    }
    std::cerr << erase_line << printable(of) << ": " << counted(count, thing_) << behind
              << std::flush;
    drawn_ = true;
}

}  // namespace nightshift::cmd
