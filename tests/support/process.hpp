// Programs that tests start: run to the end and caught, or in the background and stopped by pid.
// A background program dies with the test binary, however that ends.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <sys/types.h>

namespace nightshift::test {

struct Finished {
    int exit_code = 0;  // 128 + n where a signal ended it
    std::string out;
    std::string err;
};

struct Spawn {
    std::vector<std::string> command;
    // On top of PATH and HOME alone: nothing of the caller's settings leaks into a test.
    std::map<std::string, std::string> environment = {};
    std::string input = {};
    std::string folder = {};  // where it runs; empty: where we are
    std::string user = {};    // when we are root; empty: as ourselves
};

Finished run(const Spawn& spawn);

class Background {
  public:
    explicit Background(const Spawn& spawn, const std::string& log = "/dev/null");
    ~Background();  // SIGKILL where it still runs
    Background(const Background&) = delete;
    Background& operator=(const Background&) = delete;

    pid_t pid() const { return pid_; }
    void signal(int number) const;
    bool is_running();
    int wait();  // the exit code, as in Finished

  private:
    pid_t pid_ = 0;
    int exit_code_ = 0;
    bool finished_ = false;
};

}  // namespace nightshift::test
