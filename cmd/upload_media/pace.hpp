// How fast an upload goes, and how long it still takes, for who watches it. What there is to do is
// counted beside it: the files that are named are walked once more, for their sizes alone.
#pragma once

#include "media/upload.hpp"
#include "upload_media/inputs.hpp"

#include <chrono>
#include <deque>
#include <future>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

namespace nightshift::cmd {

class Pace {
  public:
    // is_watched: else nothing is counted; nor is what can be read once, as standard input.
    Pace(const InputOptions& options, bool is_watched);

    // 84.0 MiB at 10.2 MiB/s, 2 min left
    std::string told(const media::UploadReport& so_far);

  private:
    using Clock = std::chrono::steady_clock;

    Clock::time_point begun_ = Clock::now();
    std::deque<std::pair<Clock::time_point, std::uint64_t>> samples_;  // of the last seconds
    std::future<std::uint64_t> counted_;
    std::optional<std::uint64_t> all_;  // bytes, once they are counted
    std::jthread counting_;             // last: it ends first
};

}  // namespace nightshift::cmd
