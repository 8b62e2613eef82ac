// What a running command stands on: its settings, its run id, the stop request, its output, and
// connections that carry its name. A command asks for what it needs; nothing is read before.
#pragma once

#include "config/settings.hpp"
#include "exit_code.hpp"
#include "output.hpp"
#include "postgres/connection.hpp"
#include "redis/connection.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace nightshift::cmd {

struct Session {
    std::string command;
    std::string run_id;
    std::stop_source stopping;  // by a signal, or out of time
    std::stop_token stop;
    std::function<int()> signal;  // that asked us to stop; 0: none did
    std::optional<std::chrono::steady_clock::time_point> deadline = {};  // no statement runs on
    config::Settings settings;
    Output output;

    std::string zone() const;  // NIGHTSHIFT_ZONE, or UTC
    // What an option names, else NIGHTSHIFT_PRICES, else empty: for read_price_book.
    std::string price_book(const std::string& option = {}) const;
    // From DATABASE_URL.
    std::unique_ptr<postgres::Connection> postgres() const;
    // The same, and the schema is the one that this binary needs.
    std::unique_ptr<postgres::Connection> migrated_postgres() const;
    // For a lease or a lock: a stop leaves it usable, so that they can be given back.
    std::unique_ptr<postgres::Connection> unstoppable_postgres() const;
    // The same, and none of its statements runs on after until.
    std::unique_ptr<postgres::Connection> unstoppable_postgres(
        std::chrono::steady_clock::time_point until) const;
    // From REDIS_URL and what belongs to it.
    redis::Address redis_address() const;
    // The same, connected to; in a Cluster to the node that has the key's slot.
    std::unique_ptr<redis::Connection> redis(const std::string& key) const;
};

}  // namespace nightshift::cmd
