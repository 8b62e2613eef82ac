// A lease keeps two runs of one job apart, on any number of hosts; its fence keeps them apart
// even when one was paused past the end of its lease.
//
// The lease lives in nightshift.job_leases and on the database's clock. It lasts 20 s and is
// renewed every 5 s by a thread with a connection of its own, so a run may take any time. The
// fence is one higher with each new holder. Whoever writes to Postgres calls confirm() as the
// last statement before COMMIT: it locks the row FOR KEY SHARE, so that a heartbeat passes, a
// takeover waits for the commit, and a stale holder fails. Whoever writes to Redis carries the
// fence in its swap script.
//
// A lease that ran out is free. So is one whose process is gone, where this host's PID namespace
// can tell: after kill -9 the next run need not wait.
#pragma once

#include "base/instant.hpp"
#include "postgres/connection.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace nightshift::jobs {

struct Holder {
    std::string run_id;
    std::string host;
    int pid = 0;
    std::string pid_scope;  // the kernel boot and PID namespace in which pid means something
    std::int64_t fence = 0;
    Instant since;
    std::chrono::milliseconds left{};  // until the lease ends by itself
};

using Connect = std::function<std::unique_ptr<postgres::Connection>()>;

struct LeaseRequest {
    std::string job;  // recompute-leaderboard/weekly
    std::string run_id;
    std::string host = {};              // empty: this machine's name
    std::chrono::milliseconds wait{0};  // how long to wait for another holder
    std::chrono::seconds duration{20};
    std::chrono::seconds heartbeat{5};
    // Where the lease's connection is cut, while Postgres is well; empty: the lease then runs out.
    Connect reconnect = {};
    // In the transaction that takes the lease; what it throws leaves the lease as it was.
    std::function<void(postgres::Transaction&, std::int64_t fence)> taken = {};
    // Whenever somebody else is found to hold it; what it throws ends the wait.
    std::function<void(postgres::Transaction&, const Holder&)> held = {};
};

std::string this_host();

// Nobody: the lease is free.
std::optional<Holder> holder_of(postgres::Transaction& transaction, const std::string& job);

class Lease {
  public:
    // connection: for the lease alone from now on. Throws Error (busy) naming the holder when it
    // is still held after `wait`; a stop on the connection ends the wait.
    Lease(std::unique_ptr<postgres::Connection> connection, const LeaseRequest& request,
          const std::stop_token& stop = {});
    // Gives the lease back, unless that was done, or somebody else has it by now.
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    std::int64_t fence() const { return fence_; }

    // Early, together with what is to be written in the same transaction.
    void give_back(const std::function<void(postgres::Transaction&)>& last);

    // First in a transaction that writes: a holder that is paused in it must not block a takeover,
    // so the server ends one that stands idle for half the lease's duration.
    void guard(postgres::Transaction& transaction) const;

    // In the caller's transaction, as its last statement. Throws Error (busy) when another run
    // has taken over; nothing of the transaction may be committed then.
    void confirm(postgres::Transaction& transaction) const;

    // Throws Error (busy) once a heartbeat has found another holder; costs nothing.
    void check() const;

  private:
    std::optional<Holder> try_acquire();  // nothing: we have it
    void keep(const std::stop_token& stop);
    void end_heartbeat();
    void mend_connection();
    void release(postgres::Transaction& transaction);
    [[noreturn]] void refuse(const Holder& holder) const;
    [[noreturn]] void lost() const;

    std::unique_ptr<postgres::Connection> connection_;
    LeaseRequest request_;
    std::int64_t fence_ = 0;
    bool given_back_ = false;
    std::atomic<bool> lost_ = false;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::jthread heartbeat_;  // last: stops before the rest goes
};

}  // namespace nightshift::jobs
