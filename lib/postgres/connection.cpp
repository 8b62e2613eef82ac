#include "postgres/connection.hpp"

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/redaction.hpp"
#include "base/text.hpp"
#include "postgres/failure.hpp"

#include <array>
#include <map>
#include <random>

namespace nightshift::postgres {
namespace {

constexpr int oldest_supported = 140000;

#if PQXX_VERSION_MAJOR >= 7
std::shared_ptr<RawConnection> adopt(PGconn* raw) {
    return std::make_shared<pqxx::connection>(pqxx::connection::seize_raw_connection(raw));
}
#else
// libpqxx 6 has no way to take over a PGconn but a policy that "connects" with one that stands.
struct AdoptedPolicy : pqxx::connectionpolicy {
    explicit AdoptedPolicy(PGconn* raw) : pqxx::connectionpolicy{""}, adopted{raw} {}
    handle do_startconnect(handle) override { return adopted; }
    PGconn* adopted;
};

struct AdoptedConnection : pqxx::connection_base {
    explicit AdoptedConnection(PGconn* raw) : pqxx::connection_base{policy}, policy{raw} { init(); }
    ~AdoptedConnection() noexcept { close(); }
    AdoptedPolicy policy;
};

std::shared_ptr<RawConnection> adopt(PGconn* raw) {
    auto connection = std::make_shared<AdoptedConnection>(raw);
#include "pqxx/internal/ignore-deprecated-pre.hxx"
    connection->inhibit_reactivation(true);
#include "pqxx/internal/ignore-deprecated-post.hxx"
    return connection;
}
#endif

// SQLAlchemy and its like write the driver into the scheme.
std::string without_driver(const std::string& url) {
    const auto scheme_end = url.find("://");
    const auto plus = url.find('+');
    if (scheme_end == std::string::npos || plus == std::string::npos || plus > scheme_end)
        return url;
    return url.substr(0, plus) + url.substr(scheme_end);
}

[[noreturn]] void refuse_url(const std::string& why) {
    throw Error{
        Failure::configuration, "DATABASE_URL cannot be read", why,
        "write postgresql://user:password@host:5432/database, with %-escapes in the password"};
}

// A bare @ or / in the password moves the rest of it into what libpq takes for the host, port or
// database, and so into error messages.
bool has_unescaped_password(std::string_view url) {
    const auto scheme_end = url.find("://");
    if (scheme_end == std::string_view::npos) return false;
    url = url.substr(scheme_end + 3);
    url = url.substr(0, url.find('?'));
    const auto last_at = url.rfind('@');
    return last_at != std::string_view::npos && url.find_first_of("@/") != last_at;
}

PGconn* connect(std::map<std::string, std::string> values, const std::string& command) {
    const std::map<std::string, std::string> defaults{
        {"connect_timeout", "10"},     {"keepalives", "1"},       {"keepalives_idle", "30"},
        {"keepalives_interval", "10"}, {"keepalives_count", "3"}, {"tcp_user_timeout", "60000"},
        {"client_encoding", "UTF8"}};
    values.insert(defaults.begin(), defaults.end());
    values["application_name"] = "nightshift " + command;

    std::vector<const char*> keywords;
    std::vector<const char*> texts;
    for (const auto& [keyword, text] : values) {
        keywords.push_back(keyword.c_str());
        texts.push_back(text.c_str());
    }
    keywords.push_back(nullptr);
    texts.push_back(nullptr);
    return PQconnectdbParams(keywords.data(), texts.data(), 0);
}

std::string place_of(PGconn* raw) {
    const auto text = [](const char* value) { return std::string{value != nullptr ? value : ""}; };
    const auto host = text(PQhost(raw));
    const auto port = text(PQport(raw));
    return (host.empty() ? "localhost" : host) + ":" + port + "/" + text(PQdb(raw));
}

// A refusal by a server that answered is a matter of configuration; libpq gives no SQLSTATE for
// it, so its words decide, and where they are not English the next best guess is "down".
bool answered(std::string_view message) {
    for (const std::string_view words :
         {"password authentication failed", "no password supplied", "pg_hba.conf", "does not exist",
          "permission denied for database", "authentication failed",
          "is not permitted to log in"}) {
        if (message.find(words) != std::string_view::npos &&
            message.find("No such file") == std::string_view::npos) {
            return true;
        }
    }
    return false;
}

[[noreturn]] void throw_connect_failure(PGconn* raw) {
    const std::string where = place_of(raw);
    const std::string words{trimmed(PQerrorMessage(raw))};
    PQfinish(raw);
    // libpq's own words about a port or an option; they quote it, and it may be a password.
    if (words.starts_with("invalid ")) refuse_url("its port or another option cannot be right");
    if (answered(words)) {
        throw Error{Failure::configuration, "Postgres at " + where + " does not let us in", words,
                    "correct user, password or database in DATABASE_URL"};
    }
    if (words.find("too many c") != std::string::npos ||
        words.find("connection slots are reserved") != std::string::npos) {
        throw Error{Failure::unavailable, "Postgres at " + where + " has no session left for us",
                    words,
                    "try again when others have ended theirs, or raise ALTER ROLE ... CONNECTION "
                    "LIMIT or max_connections"};
    }
    throw Error{Failure::unavailable, "cannot connect to Postgres at " + where, words,
                "see that the server runs and that host and port in DATABASE_URL are right"};
}

// In milliseconds, as role and database have it; 0: none. What is shorter than our own stays.
std::int64_t statement_timeout(PGconn* raw) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> result{
        PQexec(raw, "SELECT setting FROM pg_catalog.pg_settings WHERE name = 'statement_timeout'"),
        PQclear};
    if (PQresultStatus(result.get()) != PGRES_TUPLES_OK || PQntuples(result.get()) != 1) return 0;
    return std::strtoll(PQgetvalue(result.get(), 0, 0), nullptr, 10);
}

void log_notice(void*, const PGresult* result) {
    log::debug("postgres: " + std::string{trimmed(PQresultErrorMessage(result))});
}

}  // namespace

std::map<std::string, std::string> parse_url(const std::string& url) {
    if (has_unescaped_password(url)) refuse_url("there is a bare @ or / in user or password");
    char* message = nullptr;
    PQconninfoOption* options = PQconninfoParse(without_driver(url).c_str(), &message);
    if (options == nullptr) {
        PQfreemem(message);  // it may quote the url, and so the password: never shown
        refuse_url("it is neither a postgresql:// URL nor a keyword=value string");
    }
    std::map<std::string, std::string> values;
    for (const auto* option = options; option->keyword != nullptr; ++option) {
        if (option->val == nullptr) continue;
        values[option->keyword] = option->val;
        if (std::string_view{option->keyword}.ends_with("password")) remember_secret(option->val);
    }
    PQconninfoFree(options);
    return values;
}

Connection::Connection(const std::string& url, const ConnectOptions& options)
    : stop_{options.stop},
      deadline_{options.deadline},
      longest_statement_{options.longest_statement},
      search_path_{options.search_path} {
    PGconn* raw = connect(parse_url(url), options.command);
    if (PQstatus(raw) != CONNECTION_OK) throw_connect_failure(raw);
    raw_ = raw;
    where_ = place_of(raw);
    connection_ = adopt(raw);
    PQsetNoticeReceiver(raw, log_notice, nullptr);
    if (PQserverVersion(raw) < oldest_supported) {
        throw Error{Failure::configuration, "Postgres at " + where_ + " is too old",
                    "it is version " + std::to_string(PQserverVersion(raw) / 10000) +
                        ", the oldest that works is 14",
                    "upgrade the server"};
    }
    if (deadline_) usual_timeout_ = statement_timeout(raw);
    cancel_ = PQgetCancel(raw);
    on_stop_.emplace(stop_, [this] { cancel(); });
}

Connection::~Connection() {
    on_stop_.reset();
    PQfreeCancel(cancel_);
}

void Connection::cancel() const {
    std::array<char, 256> message{};
    PQcancel(cancel_, message.data(), static_cast<int>(message.size()));
}

void Connection::settle(Transaction& transaction, const std::string& mode) const {
    auto settings = "SET TRANSACTION ISOLATION LEVEL " + mode +
                    "; SET LOCAL search_path = " + search_path_ +
                    "; SET LOCAL quote_all_identifiers = off; SET LOCAL datestyle = 'ISO, YMD'"
                    "; SET LOCAL intervalstyle = 'postgres'";
    if (deadline_) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            *deadline_ + std::chrono::seconds{1} - std::chrono::steady_clock::now());
        // No SELECT, which would fix what a transaction sees before its first statement.
        const auto most = std::max<std::int64_t>(left.count(), 1);
        settings += "; SET LOCAL statement_timeout = " +
                    std::to_string(usual_timeout_ > 0 ? std::min(usual_timeout_, most) : most);
    }
    if (longest_statement_.count() > 0) {
        settings +=
            "; SET LOCAL statement_timeout = " + std::to_string(longest_statement_.count()) +
            "; SET LOCAL lock_timeout = " + std::to_string(longest_statement_.count() / 4);
    }
    transaction.exec(settings);
}

void Connection::refuse_when_stopped() const {
    if (stop_.stop_requested()) throw Error{Failure::interrupted, "stopped before the next step"};
}

void Connection::refuse_when_aborted() const {
    if (PQtransactionStatus(raw_) != PQTRANS_INERROR) return;
    throw StatementFailure{"the transaction has failed before, and nothing of it was kept",
                           "25P02"};
}

void Connection::rethrow(std::string_view doing) const {
    try {
        throw;
    } catch (const Error&) {
        throw;
    } catch (const std::exception& error) {
        if (!is_from_postgres(error)) throw;
        if (stop_.stop_requested()) {
            throw Error{Failure::interrupted, "stopped while " + std::string{doing}};
        }
        throw explained(error, raw_, where_, doing);
    }
}

namespace {

#if PQXX_VERSION_MAJOR >= 7
pqxx::params bound(const Parameters& values) {
    pqxx::params parameters;
    parameters.reserve(values.size());
    for (const auto& value : values) {
        if (value) {
            parameters.append(std::string_view{*value});
        } else {
            parameters.append();
        }
    }
    return parameters;
}
#else
std::vector<const char*> bound(const Parameters& values) {
    std::vector<const char*> texts;
    for (const auto& value : values) texts.push_back(value ? value->c_str() : nullptr);
    return texts;
}
#endif

}  // namespace

pqxx::result exec(Transaction& transaction, std::string_view sql, const Parameters& values) {
#if PQXX_VERSION_MAJOR >= 7
    return transaction.exec(sql, bound(values));
#else
    return transaction.exec_params(std::string{sql},
                                   pqxx::prepare::make_dynamic_params(bound(values)));
#endif
}

pqxx::result Connection::exec_planned(Transaction& transaction, const std::string& session,
                                      std::string_view sql, const Parameters& values) {
    auto& name = planned_[session + " " + std::string{sql}];
    if (name.empty()) {
        // Others come to the same session by the same pooler.
        name = "nightshift_" + std::to_string(std::random_device{}()) + "_" +
               std::to_string(planned_.size());
        connection_->prepare(name, std::string{sql});
    }
#if PQXX_VERSION_MAJOR >= 7
    return transaction.exec(pqxx::prepped{name}, bound(values));
#else
    return transaction.exec_prepared(name, pqxx::prepare::make_dynamic_params(bound(values)));
#endif
}

void as_the_app_writes(Transaction& transaction, const std::function<void()>& write) {
    transaction.exec("SET LOCAL search_path TO DEFAULT");
    write();
    transaction.exec("SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL search_path = pg_catalog, pg_temp");
}

std::string parameter(Instant instant) {
    std::string text;
    append_timestamp(
        text, std::chrono::local_time<std::chrono::microseconds>{instant.time_since_epoch()});
    return text + "+00";
}

Instant instant_column(const pqxx::field& microseconds) {
    return Instant{std::chrono::microseconds{microseconds.as<std::int64_t>()}};
}

std::optional<Instant> optional_instant(const pqxx::field& microseconds) {
    if (microseconds.is_null()) return std::nullopt;
    return instant_column(microseconds);
}

std::optional<std::string> optional_text(const pqxx::field& text) {
    if (text.is_null()) return std::nullopt;
    return text.c_str();
}

}  // namespace nightshift::postgres
