#include "notifications/breaker.hpp"

#include <algorithm>

namespace nightshift::notifications {

void Breaker::note(const Receipt& receipt, Clock::time_point now) {
    if (receipt.outcome == Class::config && !receipt.is_of_country) is_broken_ = true;
    if (receipt.outcome != Class::retry && receipt.outcome != Class::unknown) {
        failures_ = 0;
        pause_ = first_pause;
        return;
    }
    ++failures_;
    // What was on the wire when it opened says nothing new.
    if (now < closed_until_) return;
    if (failures_ > 1 && receipt.retry_after)
        closed_until_ = now + std::min<std::chrono::seconds>(*receipt.retry_after, longest_pause);
    if (failures_ < most_failures) return;
    closed_until_ = std::max(closed_until_, now + pause_);
    pause_ = std::min(pause_ * 2, longest_pause);
}

int Breaker::room(int on_the_wire, int most, Clock::time_point now) const {
    if (is_open(now)) return 0;
    const bool is_half_open = failures_ >= most_failures;
    return std::max(0, (is_half_open ? 1 : most) - on_the_wire);
}

}  // namespace nightshift::notifications
