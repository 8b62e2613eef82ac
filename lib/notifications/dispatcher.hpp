// Sends what the outbox holds: over one curl multi loop, each provider at its own concurrency and
// rate, while a thread of its own records what came of it and takes more, as many as are about to
// be sent. A run never has more than 200 deliveries taken and not recorded, and what came of one is
// being recorded within a tenth of a second. Each channel has its share of them.
//
// A retry is made in this run where it falls due within a minute, else it waits in the outbox for
// the next. A stop lets what is on the wire come to its end; nothing more is begun. Where Postgres
// goes away nothing more is begun either, and for a minute it is tried to write down what happened.
#pragma once

#include "notifications/breaker.hpp"
#include "notifications/outbox.hpp"
#include "notifications/provider.hpp"
#include "notifications/trouble.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace nightshift::notifications {

// A provider at work.
struct Lane {
    Channel channel = Channel::push;
    Provider* provider = nullptr;
    int concurrency = 4;
    double rate = 0;  // messages a second; 0: as fast as it goes
};

struct DispatchWatch {
    std::function<bool()> enough = {};  // begin nothing more
    std::function<void(std::int64_t settled)> progress = {};
    std::function<void()> check = {};  // throws where this run must not go on
    // What is on the wire then is cut off, and unknown.
    std::optional<std::chrono::steady_clock::time_point> until = {};
};

struct DispatchReport {
    std::vector<Tally> ended;    // by state, or by reason where it was skipped
    std::int64_t added = 0;      // fallbacks
    std::int64_t of_others = 0;  // of those that ended: planned by runs that began later
    std::int64_t calls = 0;
    Money spent;
    Money saved;
    std::vector<Trouble> troubles;
    std::vector<std::string> broken;    // providers that need our settings mended
    std::vector<std::string> open;      // providers that were left alone at the end
    std::vector<std::string> unpriced;  // sms/KE
    std::vector<std::string> closed;    // sms/KE: our account may not send there
    std::int64_t put_back = 0;          // retries that wait for a later run
    bool is_cut_short = false;          // by a stop, or out of time, with work left
};

// now: at the start; time goes on from there by this machine's clock.
DispatchReport dispatch(http::Client& client, Outbox& outbox, const std::vector<Lane>& lanes,
                        Instant now, const std::stop_token& stop, const DispatchWatch& watch = {});

}  // namespace nightshift::notifications
