// The hard limit of a job's time.
#pragma once

#include "base/error.hpp"
#include "session.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <thread>

namespace nightshift::cmd {

Error out_of_time(const std::string& why);

// Does something at a time, unless it is destroyed before.
class Alarm {
  public:
    Alarm(std::chrono::steady_clock::time_point at, std::function<void()> action);

  private:
    std::jthread thread_;
};

// Asks for a stop, and where that hangs in a network that has gone silent, ends the process 10 s
// later. Whatever was not finished is then undone by the servers.
class Deadline {
  public:
    Deadline(std::chrono::steady_clock::time_point at, const Session& session);

    bool has_passed() const { return passed_; }

  private:
    std::atomic<bool> passed_ = false;
    Alarm end_;  // before stop_, whose cancel may hang: it outlives that
    Alarm stop_;
};

}  // namespace nightshift::cmd
