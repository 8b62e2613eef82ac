// How far long work is, on stderr: on a terminal one line that is written over, at most ten times a
// second; elsewhere, with -v, a line of the log every ten seconds. Nothing with --json or --quiet
// on a terminal: a script that reads both streams must not find it.
#pragma once

#include "session.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace nightshift::cmd {

class Progress {
  public:
    // thing: what is counted, as in "row".
    Progress(const Session& session, std::string thing);
    ~Progress() { clear(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    // Takes its line away: before anything else is printed.
    void clear();
    // more: behind the count; on_terminal(): it is seen by somebody.
    void report(const std::string& of, std::int64_t count, const std::string& more = {});
    bool on_terminal() const { return on_terminal_; }

  private:
    std::string thing_;
    bool on_terminal_;
    bool drawn_ = false;
    std::chrono::steady_clock::time_point next_;
};

}  // namespace nightshift::cmd
