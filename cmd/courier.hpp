// A process of our own that delivers HTTP requests while we go on, and after we are gone: an
// endpoint that hangs delays nothing.
#pragma once

#include "exit_code.hpp"
#include "http/client.hpp"

#include <vector>

#include <sys/types.h>

namespace nightshift::cmd {

class Courier {
  public:
    Courier() = default;
    ~Courier();  // lets it finish by itself; in a container waits for it, 2 seconds at most
    Courier(const Courier&) = delete;
    Courier& operator=(const Courier&) = delete;

    // Gives up what it has not delivered after a second more, and delivers these. Should we end
    // without another word, as killed, it delivers if_lost. Never blocks and never fails: what
    // cannot be delivered is in syslog.
    void send(const std::vector<http::Request>& requests,
              const std::vector<http::Request>& if_lost = {});

  private:
    int socket_ = -1;
    pid_t pid_ = 0;
};

// What that process does (nightshift __courier): delivers what is on its standard input.
ExitCode carry();

}  // namespace nightshift::cmd
