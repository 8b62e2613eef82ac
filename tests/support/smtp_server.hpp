// A scripted mail server on loopback: what it is told is kept, what it answers is the test's to
// say.
#pragma once

#include "support/loopback.hpp"

#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace nightshift::test {

class SmtpServer {
  public:
    // Given a command, or "." for the end of a message, or "" for the greeting: what to answer,
    // without the line end. "close" closes the connection, "hang" says nothing more; empty is what
    // a server says that is content.
    explicit SmtpServer(std::function<std::string(const std::string& command)> script =
                            [](const auto&) { return std::string{}; });

    std::string url() const;  // smtp://127.0.0.1:port
    std::vector<std::string> commands() const;
    std::vector<std::string> messages() const;  // as they came, without the last dot
    int connections() const { return loopback_.connections(); }

  private:
    void serve(int connection);

    std::function<std::string(const std::string&)> script_;
    mutable std::mutex mutex_;
    std::vector<std::string> commands_;
    std::vector<std::string> messages_;
    Loopback loopback_;  // last: its threads stop before the rest goes
};

}  // namespace nightshift::test
