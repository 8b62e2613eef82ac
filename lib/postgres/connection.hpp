// One connection to Postgres: libpqxx for statements, the same session's PGconn for what libpqxx
// cannot do (COPY in blocks, single-row results, cancel).
//
// A connection that dies stays dead: libpqxx 6 would go on silently in a new session, without
// our settings and locks. Everything runs in a transaction of its own, so a connection pooler
// in transaction mode is fine. Errors of Postgres come out as Error, with the server's words,
// SQLSTATE and host:port/database; a requested stop cancels the running statement.
#pragma once

#include "base/instant.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <pqxx/pqxx>
#include <stop_token>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <libpq-fe.h>

namespace nightshift::postgres {

#if PQXX_VERSION_MAJOR >= 7
using RawConnection = pqxx::connection;
#else
using RawConnection = pqxx::connection_base;
#endif

using Transaction = pqxx::transaction_base;

// Text form; nullopt is NULL.
using Parameters = std::vector<std::optional<std::string>>;

// Where the statement runs decides who commits: the transaction's owner.
pqxx::result exec(Transaction& transaction, std::string_view sql, const Parameters& values = {});

// Runs what fires the app's triggers and defaults: they find their tables by search_path, as when
// the app writes. Constraints that are checked later are checked here. The path is ours again
// after.
void as_the_app_writes(Transaction& transaction, const std::function<void()>& write);

// An instant as a parameter, and back from a column that holds Unix microseconds.
std::string parameter(Instant instant);
Instant instant_column(const pqxx::field& microseconds);

// The same where the column may be NULL.
std::optional<Instant> optional_instant(const pqxx::field& microseconds);
std::optional<std::string> optional_text(const pqxx::field& text);

struct ConnectOptions {
    std::string command = {};   // application_name becomes "nightshift <command>"
    std::stop_token stop = {};  // a stop cancels the statement that runs
    // The server ends a statement that would run a second beyond it.
    std::optional<std::chrono::steady_clock::time_point> deadline = {};
    // Of a statement, for who only looks; 0: as long as it takes. A lock is waited for no longer
    // than a quarter of it.
    std::chrono::milliseconds longest_statement{0};
    // For every transaction. Nobody else's functions and tables: an exact match in public would
    // stand before what pg_catalog has, and run with our rights.
    std::string search_path = "pg_catalog, pg_temp";
};

// What a url says, by libpq's keywords (host, user, sslmode, ...); nothing is connected to. Tells
// redaction the password. Throws Error (configuration); the message never holds the url.
std::map<std::string, std::string> parse_url(const std::string& url);

class Connection {
  public:
    // url: what libpq takes, postgresql://... or keyword=value; SQLAlchemy's
    // postgresql+driver:// is understood. connect_timeout 10 s, TCP keepalives and UTF-8 where
    // the url does not say otherwise.
    // Throws Error: configuration (bad url, wrong password, no such database, Postgres before
    // 14), unavailable (nobody answers).
    Connection(const std::string& url, const ConnectOptions& options);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // One READ COMMITTED transaction around body(Transaction&), committed when it returns.
    // doing: completes "failed while ...", for the error.
    template <typename Body>
    auto transaction(std::string_view doing, Body&& body) {
        return run(doing, "READ COMMITTED", std::forward<Body>(body));
    }

    // One REPEATABLE READ, READ ONLY transaction: every statement sees the same rows.
    template <typename Body>
    auto snapshot(std::string_view doing, Body&& body) {
        return run(doing, "REPEATABLE READ READ ONLY", std::forward<Body>(body));
    }

    // The same, and may write. A row that another transaction has written meanwhile is an error.
    template <typename Body>
    auto repeatable(std::string_view doing, Body&& body) {
        return run(doing, "REPEATABLE READ", std::forward<Body>(body));
    }

    // For what is none of these: what body() throws comes out as it does from them.
    template <typename Body>
    auto translated(std::string_view doing, Body&& body) {
        refuse_when_stopped();
        try {
            return body();
        } catch (...) {
            rethrow(doing);
        }
    }

    // Planned once in this session, for a statement that is run over and over. A pooler may give
    // each transaction another session: it is planned in each. session: what pg_backend_pid() says
    // in this transaction.
    pqxx::result exec_planned(Transaction& transaction, const std::string& session,
                              std::string_view sql, const Parameters& values);

    RawConnection& base() const { return *connection_; }
    PGconn* raw() const { return raw_; }
    const std::string& where() const { return where_; }  // host:port/database
    int process() const { return PQbackendPID(raw_); }
    // Cancels the statement that runs, from any thread.
    void cancel() const;

  private:
    template <typename Body>
    auto run(std::string_view doing, const std::string& mode, Body&& body) {
        return translated(doing, [&] {
            pqxx::work work{*connection_};
            settle(work, mode);
            if constexpr (std::is_void_v<std::invoke_result_t<Body, Transaction&>>) {
                body(work);
                refuse_when_aborted();
                work.commit();
            } else {
                auto result = body(work);
                refuse_when_aborted();
                work.commit();
                return result;
            }
        });
    }

    // First in every transaction, whatever role and database have set; a pooler may give each to
    // another session.
    void settle(Transaction& transaction, const std::string& mode = "READ COMMITTED") const;
    friend class AdvisoryLock;

    void refuse_when_stopped() const;
    // COMMIT of a transaction that has failed is a ROLLBACK, and no error.
    void refuse_when_aborted() const;
    // Must be called while an exception is handled; translates what Postgres threw.
    [[noreturn]] void rethrow(std::string_view doing) const;

    PGconn* raw_ = nullptr;
    std::shared_ptr<RawConnection> connection_;  // shared_ptr: libpqxx 6's base cannot be deleted
    std::string where_;
    PGcancel* cancel_ = nullptr;
    std::stop_token stop_;
    std::optional<std::chrono::steady_clock::time_point> deadline_;
    std::int64_t usual_timeout_ = 0;  // of statements, in ms; 0: none
    std::chrono::milliseconds longest_statement_{0};
    std::string search_path_;
    std::map<std::string, std::string> planned_;  // by session and statement: its name there
    std::optional<std::stop_callback<std::function<void()>>> on_stop_;
};

}  // namespace nightshift::postgres
