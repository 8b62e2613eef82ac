// SIGINT and SIGTERM become a stop request that the running work sees: it cancels its statement,
// rolls back and ends with 130 or 143. A second signal ends the process at once.
#pragma once

#include <atomic>
#include <stop_token>
#include <thread>

namespace nightshift::cmd {

class SignalWatch {
  public:
    // Before any other thread is started, as threads inherit what is blocked.
    explicit SignalWatch(std::stop_source stop);
    ~SignalWatch();
    SignalWatch(const SignalWatch&) = delete;
    SignalWatch& operator=(const SignalWatch&) = delete;

    int signal() const { return signal_; }  // 0: none came

  private:
    void watch();

    std::stop_source stop_;
    std::atomic<int> signal_ = 0;
    std::thread thread_;
};

}  // namespace nightshift::cmd
