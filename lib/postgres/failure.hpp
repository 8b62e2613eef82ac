// What Postgres said when a call below libpqxx failed (COPY, single-row results). Connection
// turns it into an Error at the end of the transaction, as it does with libpqxx's own errors.
#pragma once

#include <stdexcept>
#include <string>

#include <libpq-fe.h>

namespace nightshift::postgres {

struct StatementFailure : std::runtime_error {
    StatementFailure(const std::string& message, std::string state)
        : std::runtime_error{message}, sqlstate{std::move(state)} {}

    // The connection's last error where result is null (the connection is lost).
    static StatementFailure of(PGconn* connection, const PGresult* result = nullptr);

    std::string sqlstate;  // empty: no answer from the server
};

}  // namespace nightshift::postgres
