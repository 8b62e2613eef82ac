#include "migrations/statement.hpp"

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "migrations/sql.hpp"
#include "postgres/failure.hpp"

#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>

namespace nightshift::migrations {
namespace {

using namespace std::chrono_literals;

constexpr auto between_looks = 200ms;  // at the progress of a build
constexpr auto between_words = 2s;     // about it

// A client that dies must not leave a statement running with its locks.
constexpr const char* end_with_client = "SET client_connection_check_interval = '500ms'";

struct LockTimeout {};

void set(pqxx::transaction_base& transaction, const std::string& name, const std::string& value,
         bool local) {
    postgres::exec(transaction, "SELECT set_config($1::text, $2::text, $3::boolean)",
                   {name, value, local ? "true" : "false"});
}

std::string blocker(postgres::Connection& connection, const std::string& table) {
    return connection.transaction("asking who holds a lock", [&](auto& transaction) {
        const auto rows = postgres::exec(transaction, sql::blocker, {table});
        if (rows.empty()) return std::string{"whoever held it is gone by now"};
        const auto row = rows[0];
        if (row["since"].is_null()) {
            return std::string{"backend "} + row["pid"].c_str() + " (" +
                   row["application"].c_str() + ", role " + row["role"].c_str() +
                   ") holds a lock; since when, members of pg_read_all_stats are told";
        }
        const auto since = format_instant(postgres::instant_column(row["since"]));
        if (row["pid"].is_null()) {
            return std::string{"the prepared transaction '"} + row["application"].c_str() +
                   "' of role " + row["role"].c_str() + " holds a lock since " + since;
        }
        return std::string{"backend "} + row["pid"].c_str() + " (" + row["application"].c_str() +
               ", role " + row["role"].c_str() + ", " + row["state"].c_str() + ", last " +
               row["doing"].c_str() + ") holds a lock, in a transaction since " + since;
    });
}

// Half a second to one and a half, so that many who wait do not come back together.
void pause(const std::stop_token& stop) {
    static thread_local std::mt19937 random{std::random_device{}()};
    const std::chrono::milliseconds length{std::uniform_int_distribution{500, 1500}(random)};
    std::mutex mutex;
    std::unique_lock lock{mutex};
    std::condition_variable_any{}.wait_for(lock, stop, length, [] { return false; });
    if (stop.stop_requested())
        throw Error{Failure::interrupted, "stopped while waiting for a lock"};
}

// The app queues only behind the second lock.
void take_table(postgres::Transaction& transaction, const Statement& statement,
                std::chrono::milliseconds wait) {
    // Builds and vacuums first. Autovacuum gives way, but only to who waits for deadlock_timeout.
    postgres::exec(transaction,
                   "SELECT set_config('lock_timeout', "
                   "(extract(epoch FROM current_setting('deadlock_timeout')::interval) * 1000 + "
                   "1000)::bigint::text, true)");
    transaction.exec("LOCK TABLE " + statement.table + " IN SHARE UPDATE EXCLUSIVE MODE");
    set(transaction, "lock_timeout", std::to_string(wait.count()), true);
    // One limit for a table and all its partitions.
    set(transaction, "statement_timeout", std::to_string(wait.count()), true);
    try {
        transaction.exec("LOCK TABLE " + statement.table + " IN " + statement.lock + " MODE");
    } catch (const pqxx::sql_error& error) {
        if (postgres::sqlstate(error) == "57014") throw LockTimeout{};
        throw;
    }
    set(transaction, "statement_timeout", "0", true);
}

void try_briefly(postgres::Connection& connection, const Statement& statement,
                 const Execution& execution) {
    const auto wait = longest_wait(statement, execution.patience);
    connection.transaction("trying to " + statement.purpose, [&](auto& transaction) {
        set(transaction, "client_connection_check_interval", "500ms", true);
        set(transaction, "statement_timeout", "0", true);
        // The lock must not wait for a slow disk. Lost in a crash, it is planned again.
        set(transaction, "synchronous_commit", "off", true);
        if (!execution.role.empty()) set(transaction, "role", execution.role, true);
        try {
            if (!statement.lock.empty()) take_table(transaction, statement, wait);
            transaction.exec(statement.sql);
        } catch (const pqxx::sql_error& error) {
            if (postgres::sqlstate(error) == "55P03") throw LockTimeout{};
            throw;
        }
    });
}

void run_briefly(postgres::Connection& connection, const Statement& statement,
                 const Execution& execution) {
    for (int tries = 1;; ++tries) {
        try {
            try_briefly(connection, statement, execution);
            return;
        } catch (const LockTimeout&) {
        }
        const auto who = blocker(connection, statement.table);
        if (tries >= execution.patience.tries) {
            throw Error{Failure::busy, statement.table + " stays locked by others",
                        "tried " + counted(tries, "time") + " for " +
                            std::to_string(longest_wait(statement, execution.patience).count()) +
                            " ms; " + who,
                        "run again when that transaction has ended; what was done stays done"};
        }
        log::info(
            statement.table + " is locked by others; trying again",
            {{"try", std::to_string(tries) + " of " + std::to_string(execution.patience.tries)},
             {"why", who}});
        pause(execution.stop);
    }
}

// Tells every few seconds how far a build is, and remembers whom it waits for.
class ProgressWatch {
  public:
    ProgressWatch(postgres::Connection& connection, int backend, std::string index)
        : connection_{connection},
          backend_{backend},
          index_{std::move(index)},
          thread_{[this](const std::stop_token& end) { watch(end); }} {}

    // Asked after the build has ended; empty where nobody was waited for.
    std::string waited_for() {
        thread_.request_stop();
        thread_.join();
        return waits_for_.empty() ? "" : "it waited for " + waits_for_;
    }

  private:
    void watch(const std::stop_token& end) {
        std::mutex mutex;
        std::unique_lock lock{mutex};
        std::condition_variable_any wake;
        for (auto next = std::chrono::steady_clock::now() + between_words;
             !wake.wait_for(lock, end, between_looks, [&end] { return end.stop_requested(); });) {
            const bool is_time = std::chrono::steady_clock::now() >= next;
            if (is_time) next += between_words;
            try {
                look(is_time);
            } catch (const Error& error) {
                log::debug("the build's progress is not known", {{"why", error.cause}});
                return;
            }
        }
    }

    static std::optional<std::int64_t> percentage(const pqxx::row& row) {
        for (const auto& [done, total] :
             {std::pair{"blocks_done", "blocks_total"}, {"tuples_done", "tuples_total"}}) {
            const auto all = row[total].as<std::int64_t>(0);
            if (all > 0) return 100 * row[done].as<std::int64_t>(0) / all;
        }
        return std::nullopt;
    }

    void look(bool tell) {
        connection_.transaction("looking at a build", [&](auto& transaction) {
            const auto row =
                postgres::exec(transaction, sql::build_progress, {std::to_string(backend_)})[0];
            waits_for_.clear();
            if (!row["waits_for"].is_null()) {
                waits_for_ = std::string{"backend "} + row["waits_for"].c_str() + " (" +
                             row["application"].c_str() + ", role " + row["role"].c_str() + ")";
            }
            if (!tell) return;
            log::Fields fields{{"phase", row["phase"].c_str()}};
            if (!waits_for_.empty()) {
                fields.emplace_back("waits_for", waits_for_);
            } else if (const auto done = percentage(row); done) {
                fields.emplace_back("done", std::to_string(*done) + "%");
            }
            log::info("still at " + index_, fields);
        });
    }

    postgres::Connection& connection_;
    int backend_;
    std::string index_;
    std::string waits_for_;
    std::jthread thread_;  // last: stops before the rest goes
};

bool is_invalid(postgres::Connection& connection, const std::string& index) {
    return connection.transaction("looking at an index", [&](auto& transaction) {
        return postgres::exec(transaction, sql::is_invalid, {index})[0]["invalid"]
            .template as<bool>();
    });
}

// Who builds, vacuums or alters there; empty: nobody.
std::string at_work(postgres::Connection& connection, const std::string& table) {
    return connection.transaction("asking who is at work on a table", [&](auto& transaction) {
        const auto rows = postgres::exec(transaction, sql::at_work, {table});
        if (rows.empty()) return std::string{};
        return std::string{"backend "} + rows[0]["pid"].c_str() + " (" +
               rows[0]["application"].c_str() + ", role " + rows[0]["role"].c_str() + ")";
    });
}

// Whether anybody had to be waited for. A build that queues for its lock keeps a snapshot, which
// another build there would wait for: a deadlock, and perhaps the app's build that dies of it.
bool had_to_wait_for_others(postgres::Connection& connection, const Statement& statement,
                            const Execution& execution) {
    const auto limit = longest_wait(statement, execution.patience);
    const auto give_up = std::chrono::steady_clock::now() + limit;
    for (bool waited = false;; waited = true) {
        const auto who = at_work(connection, statement.table);
        if (who.empty()) return waited;
        if (std::chrono::steady_clock::now() >= give_up) {
            throw Error{Failure::busy, "others build on " + statement.table + ", or alter it",
                        "waited for " + who, "run again when they have ended"};
        }
        log::info("waiting for others who build on " + statement.table + " or alter it",
                  {{"who", who}});
        pause(execution.stop);
    }
}

void run_concurrently(postgres::Connection& idle, const Statement& statement,
                      const Execution& execution) {
    // A session of its own, as these settings are the session's: the statement refuses to run in
    // a transaction.
    auto& builder = execution.builder;
    const auto exec = [&](const std::string& doing, const std::string& sql) {
        builder.translated(doing, [&] { pqxx::nontransaction{builder.base()}.exec(sql); });
    };
    const auto wait = longest_wait(statement, execution.patience);
    builder.translated("preparing a build", [&] {
        pqxx::nontransaction session{builder.base()};
        session.exec(end_with_client);
        session.exec("SET search_path = pg_catalog, pg_temp");
        session.exec("SET default_transaction_isolation = 'read committed'");
        session.exec("SET statement_timeout = 0");
        set(session, "lock_timeout", std::to_string(wait.count()), false);
        if (!execution.role.empty()) set(session, "role", execution.role, false);
    });
    const auto name = statement.index;
    ProgressWatch watch{idle, builder.process(), name};
    try {
        exec("trying to " + statement.purpose, statement.sql);
    } catch (Error& error) {
        const auto waited_for = watch.waited_for();
        if (error.failure == Failure::interrupted || error.failure == Failure::unavailable) {
            error.cause += (error.cause.empty() ? "" : "; ") +
                           std::string{"what was built of it serves nobody yet"};
            error.hint = "run again: it drops what was left of " + name + ", and goes on";
            throw;
        }
        if (error.failure == Failure::busy && !waited_for.empty()) {
            error.cause += "; " + waited_for;
            error.hint =
                "run again when that backend's transaction has ended, or wait longer with "
                "--build-wait";
        }
        try {  // an invalid index costs every write and serves nobody
            if (is_invalid(idle, name)) {
                exec("preparing to drop an index", "SET lock_timeout = '1s'");
                exec("dropping the invalid " + name, "DROP INDEX CONCURRENTLY IF EXISTS " + name);
            }
        } catch (const Error& leftover) {
            log::warning("an invalid index was left; the next run drops it",
                         {{"index", name}, {"why", leftover.cause}});
        }
        throw;
    }
}

}  // namespace

std::chrono::milliseconds longest_wait(const Statement& statement, const Patience& patience) {
    // 0 is Postgres's word for any length.
    return std::max(1ms, statement.mode == Statement::Mode::briefly ? patience.lock_timeout
                                                                    : patience.build_lock_timeout);
}

bool run(postgres::Connection& connection, const Statement& statement, const Execution& execution) {
    if (statement.mode == Statement::Mode::briefly) {
        run_briefly(connection, statement, execution);
        return true;
    }
    if (had_to_wait_for_others(connection, statement, execution)) return false;
    run_concurrently(connection, statement, execution);
    return true;
}

}  // namespace nightshift::migrations
