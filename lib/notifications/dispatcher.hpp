// Sends what the outbox holds: over one curl multi loop, each provider at its own concurrency and
// rate, while a thread of its own records what came of it and takes more. What is on the wire and
// not recorded is never more than 200 deliveries, and recorded within a tenth of a second.
//
// A retry is made in this run where it falls due within a minute, else it waits in the outbox for
// the next. A stop lets what is on the wire come to its end; nothing more is begun.
#pragma once

#include "notifications/breaker.hpp"
#include "notifications/outbox.hpp"
#include "notifications/provider.hpp"

#include <functional>
#include <map>
#include <memory>
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
};

// What providers said where it was no success: each different word of one once.
struct Trouble {
    std::string provider;
    Class outcome = Class::retry;
    std::string code;
    std::string example;  // its words, without the address
    std::int64_t times = 0;
};

struct DispatchReport {
    std::vector<Tally> ended;  // by state, or by reason where it was skipped
    std::int64_t added = 0;    // fallbacks
    std::int64_t calls = 0;
    Money spent;
    Money saved;
    std::vector<Trouble> troubles;
    std::vector<std::string> broken;    // providers that need our settings mended
    std::vector<std::string> open;      // providers that were left alone at the end
    std::vector<std::string> unpriced;  // sms/KE
    bool is_cut_short = false;          // by a stop, or out of time
};

// now: at the start; time goes on from there by this machine's clock.
DispatchReport dispatch(http::Client& client, Outbox& outbox, const std::vector<Lane>& lanes,
                        Instant now, const std::stop_token& stop, const DispatchWatch& watch = {});

}  // namespace nightshift::notifications
