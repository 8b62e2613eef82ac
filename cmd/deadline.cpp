#include "deadline.hpp"

#include "base/log.hpp"

#include <condition_variable>
#include <cstdlib>
#include <mutex>

namespace nightshift::cmd {
namespace {

using namespace std::chrono_literals;

constexpr auto time_to_stop = 10s;

// Whoever reads stdout may have stopped, too.
void end_at_once(const Output& output) {
    std::thread{[output] {
        output.failure(out_of_time("stopping takes too long; ended at once"), ExitCode::timed_out);
    }}.detach();
    std::this_thread::sleep_for(500ms);
    std::_Exit(static_cast<int>(ExitCode::timed_out));
}

}  // namespace

Error out_of_time(const std::string& why) {
    return {Failure::timed_out, "out of time", why,
            "what was finished is kept; give it more with --timeout, or run again"};
}

Alarm::Alarm(std::chrono::steady_clock::time_point at, std::function<void()> action)
    : thread_{[at, action = std::move(action)](const std::stop_token& end) {
          std::mutex mutex;
          std::unique_lock lock{mutex};
          std::condition_variable_any{}.wait_until(lock, end, at, [] { return false; });
          if (!end.stop_requested()) action();
      }} {}

Deadline::Deadline(std::chrono::steady_clock::time_point at, const Session& session)
    : end_{at + time_to_stop, [output = session.output] { end_at_once(output); }},
      stop_{at, [this, stopping = session.stopping]() mutable {
                if (stopping.stop_requested()) return;
                passed_ = true;
                log::warning("out of time; stopping");
                stopping.request_stop();
            }} {}

}  // namespace nightshift::cmd
