// What went wrong in Postgres, and what it means to whoever ran the command.
#pragma once

#include "base/error.hpp"

#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>

#include <libpq-fe.h>

namespace nightshift::postgres {

// What Postgres said when a call below libpqxx failed (COPY, single-row results). Connection
// turns it into an Error at the end of the transaction, as it does with libpqxx's own errors.
struct StatementFailure : std::runtime_error {
    StatementFailure(const std::string& message, std::string state)
        : std::runtime_error{message}, sqlstate{std::move(state)} {}

    // The connection's last error where result is null (the connection is lost).
    static StatementFailure of(PGconn* connection, const PGresult* result = nullptr);

    std::string sqlstate;  // empty: no answer from the server
};

bool is_from_postgres(const std::exception& error);

// The SQLSTATE of an error that libpqxx or our own readers threw; empty where it has none.
std::string sqlstate(const std::exception& error);

// The server's words. Of a row that is refused (NOT NULL, CHECK) the first line alone: the second
// shows what is in the row, which may be a secret.
std::string server_words(const std::exception& error);

// Of an error from Postgres: its kind and the next step by SQLSTATE, with the server's words.
// doing: completes "failed while ...".
Error explained(const std::exception& error, PGconn* connection, const std::string& where,
                std::string_view doing);

}  // namespace nightshift::postgres
