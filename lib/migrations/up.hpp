// Applies what is pending, in order. Each migration runs in one transaction together with its
// ledger row, so that one which fails, or is killed, leaves nothing and is simply pending.
// Two at once: one works, the other waits for the lock and finds nothing to do.
#pragma once

#include "migrations/status.hpp"
#include "postgres/connection.hpp"
#include "postgres/lock.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <vector>

namespace nightshift::migrations {

struct UpRequest {
    // Called for the lock, and for the work.
    std::function<std::unique_ptr<postgres::Connection>()> connect = {};
    std::chrono::milliseconds lock_wait{std::chrono::seconds{60}};
    std::stop_token stop = {};
};

struct UpResult {
    std::vector<Entry> applied;  // by this call
    bool waited = false;         // another run was migrating
};

// Throws Error: busy (lock), data (an edited migration), configuration (schema ahead, no right to
// create), and what Postgres said.
UpResult up(const Track& track, const UpRequest& request);

// The steps of up(), for who has more to do under the lock.
std::unique_ptr<postgres::AdvisoryLock> take_lock(const UpRequest& request);
std::vector<Entry> apply_pending(postgres::Connection& connection, const Track& track);

// The SQL that makes the ledger; runs before each migration, in its transaction.
std::string_view ledger();

// What is not applied yet, by the same checks; writes nothing and takes no lock.
std::vector<Migration> pending(postgres::Connection& connection, const Track& track);

}  // namespace nightshift::migrations
