// Connections to a free port on loopback, each served by a thread of its own: what the scripted
// servers stand on.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace nightshift::test {

class Loopback {
  public:
    // number: the first connection is 1.
    using Serve = std::function<void(int connection, int number)>;

    explicit Loopback(Serve serve);
    ~Loopback();
    Loopback(const Loopback&) = delete;
    Loopback& operator=(const Loopback&) = delete;

    int port() const { return port_; }
    int connections() const { return connections_; }
    bool is_stopping() const { return stopping_; }

    // Reads more; false: the other side has closed.
    static bool read_some(int connection, std::string& text);
    static void send_all(int connection, const std::string& text);

  private:
    void accept_all();

    Serve serve_;
    int listener_ = -1;
    int port_ = 0;
    std::atomic<int> connections_{0};
    std::atomic<bool> stopping_{false};
    std::mutex mutex_;
    std::vector<int> open_;
    std::vector<std::thread> threads_;
    std::thread acceptor_;
};

}  // namespace nightshift::test
