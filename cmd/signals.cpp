#include "signals.hpp"

#include "base/log.hpp"

#include <csignal>

namespace nightshift::cmd {
namespace {

constexpr int wake_signal = SIGUSR2;  // ours alone: ends the watch, is never unblocked

sigset_t set_of(std::initializer_list<int> signals) {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : signals) sigaddset(&set, signal);
    return set;
}

}  // namespace

SignalWatch::SignalWatch(std::stop_source stop) : stop_{std::move(stop)} {
    std::signal(SIGPIPE, SIG_IGN);  // a closed pipe or socket is an error of its write
    const auto watched = set_of({SIGINT, SIGTERM, wake_signal});
    pthread_sigmask(SIG_BLOCK, &watched, nullptr);
    thread_ = std::thread{[this] { watch(); }};
}

SignalWatch::~SignalWatch() {
    pthread_kill(thread_.native_handle(), wake_signal);
    thread_.join();
}

void SignalWatch::watch() {
    const auto watched = set_of({SIGINT, SIGTERM, wake_signal});
    int received = 0;
    sigwait(&watched, &received);
    if (received == wake_signal) return;
    signal_ = received;

    log::warning("stopping; once more to stop at once");
    // timeout(1) and a shell's Ctrl-C may send the same signal twice; that is one wish.
    const timespec moment{.tv_sec = 0, .tv_nsec = 100'000'000};
    while (true) {
        const int repeated = sigtimedwait(&watched, nullptr, &moment);
        if (repeated == wake_signal) return;
        if (repeated < 0) break;
    }
    // From here a second signal ends the process, also while a cancel hangs in the network.
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
    const auto asked = set_of({SIGINT, SIGTERM});
    pthread_sigmask(SIG_UNBLOCK, &asked, nullptr);
    stop_.request_stop();
    const auto wake = set_of({wake_signal});
    sigwait(&wake, &received);
}

}  // namespace nightshift::cmd
