// A provider at work, as its dispatcher has it: what was taken for it, what is on the wire, and
// where in the outbox it goes on.
#pragma once

#include "notifications/breaker.hpp"
#include "notifications/dispatcher.hpp"

#include <algorithm>
#include <deque>
#include <optional>
#include <set>
#include <string>

namespace nightshift::notifications {

struct LaneState {
    using Clock = std::chrono::steady_clock;

    explicit LaneState(const Lane& lane) : it{lane} {}

    Lane it;
    Breaker breaker{};
    std::deque<Taken> ready{};
    int on_the_wire = 0;
    int asked_for = 0;  // in the exchange that runs
    int answered = 0;   // since it began
    Position after{};   // what was looked at
    Clock::time_point may_send_at{};
    // The outbox had no more: when to look again. Nothing: not in this run.
    bool is_empty = false;
    std::optional<Clock::time_point> look_at{};
    std::set<std::string> closed_countries{};

    int held() const { return on_the_wire + static_cast<int>(ready.size()); }

    bool wants_more() const {
        if (breaker.is_open(Clock::now())) return false;
        return !is_empty || (look_at && *look_at <= Clock::now());
    }

    // As many as can go on the wire, and twice as many more as came back while the last ones were
    // asked for: a provider that answers at once is not to wait, nor one that takes its time to be
    // far ahead of.
    int wanted() const {
        if (!wants_more()) return 0;
        if (breaker.room(0, 2, Clock::now()) == 1) return held() > 0 ? 0 : 1;  // half open
        const int ahead = std::clamp(2 * answered, 1, 2 * it.concurrency);
        const int most = it.rate > 0 ? std::min(it.concurrency, static_cast<int>(it.rate) + 1)
                                     : it.concurrency + ahead;
        return std::max(most - held(), 0);
    }
};

}  // namespace nightshift::notifications
