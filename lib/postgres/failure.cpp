#include "postgres/failure.hpp"

#include "base/text.hpp"

#include <pqxx/pqxx>

namespace nightshift::postgres {
namespace {

// duplicate_object, _table, _schema, _function: only what creates our schema can meet them.
bool already_exists(const std::string& state) {
    return state == "42710" || state == "42P07" || state == "42P06" || state == "42723";
}

Failure kind_of(const std::string& state) {
    const auto group = state.substr(0, 2);
    if (state.empty() || group == "08" || group == "53" || group == "57" || group == "58" ||
        state == "25P03") {
        return Failure::unavailable;
    }
    if (group == "28" || state == "42501" || state == "3D000" || state == "25006" ||
        state == "42P01" || state == "42703" || state == "3F000" || state == "42P22" ||
        state == "0A000" || state == "55000" || already_exists(state)) {
        return Failure::configuration;
    }
    if (group == "40" || state == "55P03") return Failure::busy;
    if (group == "22" || group == "23" || state == "P0001" || state == "428C9") {
        return Failure::data;  // P0001: a trigger of the app's said no; 428C9: a generated column
    }
    return Failure::internal;
}

std::string hint_for(const std::string& state, PGconn* connection) {
    const auto* standby = PQparameterStatus(connection, "in_hot_standby");
    switch (kind_of(state)) {
        case Failure::unavailable:
            if (state == "57014") {
                return "see whether a statement_timeout of role or database is too short: "
                       "ALTER ROLE ... SET statement_timeout";
            }
            return "try again when the server is well; nothing was half-written";
        case Failure::busy:
            return "try again: another transaction was in the way";
        case Failure::configuration:
            if (state == "42501")
                return "grant the role of DATABASE_URL what the server says it lacks";
            if (state == "25006" && standby != nullptr && standby == std::string_view{"on"})
                return "point DATABASE_URL at the primary, not at a replica";
            if (state == "25006") {
                return "role or database is set to read only: "
                       "ALTER ROLE ... SET default_transaction_read_only = off";
            }
            if (already_exists(state))
                return "rename or drop what stands there, if nothing else needs it, and run again";
            return "run 'nightshift migrate status' to see whether the schema is in place";
        case Failure::data:
            return "correct the value that the server names";
        default:
            return "this is a bug in nightshift: report it with the run id";
    }
}

}  // namespace

StatementFailure StatementFailure::of(PGconn* connection, const PGresult* result) {
    const char* state = result != nullptr ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : nullptr;
    const char* words =
        result != nullptr ? PQresultErrorMessage(result) : PQerrorMessage(connection);
    return {std::string{trimmed(words)}, state != nullptr ? state : ""};
}

std::string sqlstate(const std::exception& error) {
    if (const auto* own = dynamic_cast<const StatementFailure*>(&error)) return own->sqlstate;
    const auto* sql = dynamic_cast<const pqxx::sql_error*>(&error);
    if (sql != nullptr && !sql->sqlstate().empty()) return sql->sqlstate();
    // libpqxx drops the SQLSTATE of these; version 6 throws the last three outside sql_error.
    if (dynamic_cast<const pqxx::insufficient_privilege*>(&error) != nullptr) return "42501";
    if (dynamic_cast<const pqxx::serialization_failure*>(&error) != nullptr) return "40001";
    if (dynamic_cast<const pqxx::deadlock_detected*>(&error) != nullptr) return "40P01";
    if (dynamic_cast<const pqxx::transaction_rollback*>(&error) != nullptr) return "40000";
    return {};
}

bool is_from_postgres(const std::exception& error) {
    return dynamic_cast<const pqxx::failure*>(&error) != nullptr ||
           dynamic_cast<const StatementFailure*>(&error) != nullptr;
}

Error explained(const std::exception& error, PGconn* connection, const std::string& where,
                std::string_view doing) {
    const bool lost = PQstatus(connection) != CONNECTION_OK;
    const auto state = lost ? "" : sqlstate(error);
    auto words = std::string{trimmed(error.what())};
    if (words.starts_with("ERROR:")) words = trimmed(std::string_view{words}.substr(6));
    if (!sqlstate(error).empty()) words += " (SQLSTATE " + sqlstate(error) + ")";
    return {kind_of(state),
            (lost ? "lost Postgres at " + where + " while " : "failed while ") + std::string{doing},
            where + ": " + words, hint_for(state, connection)};
}

}  // namespace nightshift::postgres
