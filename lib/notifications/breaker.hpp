// A circuit breaker in front of a provider: after some failures in a row it is left alone for a
// while, then tried with a single message. What is said of a message or an address is no failure;
// what is ours to mend opens the circuit for good. A second failure that says when to come back is
// taken at its word.
#pragma once

#include "notifications/provider.hpp"

#include <chrono>

namespace nightshift::notifications {

class Breaker {
  public:
    using Clock = std::chrono::steady_clock;

    void note(const Receipt& receipt, Clock::time_point now);

    // How many more may be sent now, where so many are on the wire.
    int room(int on_the_wire, int most, Clock::time_point now) const;
    bool is_broken() const { return is_broken_; }  // for good: config
    bool is_open(Clock::time_point now) const { return is_broken_ || now < closed_until_; }
    // When it may be tried again.
    Clock::time_point next_try() const { return closed_until_; }

  private:
    static constexpr int most_failures = 5;
    static constexpr std::chrono::seconds first_pause{10};
    static constexpr std::chrono::seconds longest_pause{300};

    int failures_ = 0;  // in a row
    bool is_broken_ = false;
    std::chrono::seconds pause_ = first_pause;
    Clock::time_point closed_until_{};
};

}  // namespace nightshift::notifications
