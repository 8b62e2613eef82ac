// An advisory lock that holds up nobody: a connection of its own, transaction-scoped, then idle.
//
// The transaction touches nothing but the lock, so it holds no snapshot and CREATE INDEX
// CONCURRENTLY elsewhere does not wait for it; waiters poll instead of queueing, as a queued
// waiter deadlocks with CREATE INDEX CONCURRENTLY. A pooler in transaction mode pins the
// backend for us, and a client that dies gives the lock back at once.
#pragma once

#include "postgres/connection.hpp"

#include <chrono>
#include <memory>
#include <pqxx/pqxx>
#include <stop_token>
#include <string>

namespace nightshift::postgres {

class AdvisoryLock {
  public:
    struct Request {
        std::int64_t key = 0;
        std::string name;  // what it guards, for messages
        std::chrono::milliseconds wait{0};
        std::stop_token stop;
    };

    // connection: for the lock alone from now on. Throws Error (busy) naming the holder where it
    // cannot be had within `wait`.
    AdvisoryLock(std::unique_ptr<Connection> connection, const Request& request);

    bool had_to_wait() const { return had_to_wait_; }

    // Throws Error (unavailable) where its session is gone, and the lock with it.
    void confirm();

  private:
    bool try_take(std::int64_t key);
    std::string holder(std::int64_t key);

    std::unique_ptr<Connection> connection_;
    std::unique_ptr<pqxx::work> transaction_;  // open while the lock is held
    bool had_to_wait_ = false;
};

}  // namespace nightshift::postgres
