#include "postgres/lock.hpp"

#include "base/error.hpp"
#include "postgres/sql.hpp"

#include <thread>

namespace nightshift::postgres {
namespace {

using namespace std::chrono_literals;

constexpr auto poll_interval = 100ms;

}  // namespace

AdvisoryLock::AdvisoryLock(std::unique_ptr<Connection> connection, const Request& request)
    : connection_{std::move(connection)} {
    const auto give_up = std::chrono::steady_clock::now() + request.wait;
    const auto refuse_when_stopped = [&request] {
        if (!request.stop.stop_requested()) return;
        throw Error{Failure::interrupted, "stopped while waiting for the lock of " + request.name};
    };
    refuse_when_stopped();
    while (!try_take(request.key)) {
        had_to_wait_ = true;
        if (std::chrono::steady_clock::now() >= give_up) {
            throw Error{Failure::busy, "another run holds the lock of " + request.name,
                        holder(request.key), "wait for it, longer with --lock-wait"};
        }
        std::this_thread::sleep_for(poll_interval);
        refuse_when_stopped();
    }
}

bool AdvisoryLock::try_take(std::int64_t key) {
    return connection_->translated("taking a lock", [&] {
        auto transaction = std::make_unique<pqxx::work>(connection_->base());
        connection_->settle(*transaction);  // a serializable one would keep its snapshot
        const auto rows = exec(*transaction, "SELECT pg_try_advisory_xact_lock($1::bigint)",
                               {std::to_string(key)});
        if (!rows[0][0].as<bool>()) return false;
        // Last, and by the simple protocol: it also ends the portal of the statement above, which
        // would hold a snapshot for as long as the transaction stands.
        transaction->exec("SET LOCAL idle_in_transaction_session_timeout = 0");
        transaction_ = std::move(transaction);
        return true;
    });
}

void AdvisoryLock::confirm() {
    // By the simple protocol: it leaves no portal, and so no snapshot.
    connection_->translated("confirming a lock", [this] { transaction_->exec("SELECT 1"); });
}

std::string AdvisoryLock::holder(std::int64_t key) {
    return connection_->transaction("asking who holds a lock", [key](auto& transaction) {
        const auto rows = exec(transaction, sql::lock_holder, {std::to_string(key)});
        if (rows.empty()) return std::string{"it was given back this very moment"};
        const auto row = rows[0];
        return std::string{"backend "} + row["pid"].c_str() + " (" + row["application"].c_str() +
               ", client " + row["client"].c_str() + ")" +
               (row["since"].is_null() ? ""
                                       : " since " + format_instant(instant_column(row["since"])));
    });
}

}  // namespace nightshift::postgres
