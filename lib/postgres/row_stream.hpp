// The rows of one statement, one at a time, in constant memory whatever their number:
// libpq's single-row mode with binary columns. Unlike COPY it takes bound parameters, and
// unlike a cursor it may run in parallel workers.
//
// Runs inside the caller's transaction. While a stream stands, its connection can do nothing
// else; destroying it early cancels the statement, which ends the transaction.
#pragma once

#include "postgres/connection.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <libpq-fe.h>

namespace nightshift::postgres {

class RowStream {
  public:
    // Throws StatementFailure, as next() does.
    RowStream(const Connection& connection, std::string_view sql, const Parameters& values);
    ~RowStream();
    RowStream(const RowStream&) = delete;
    RowStream& operator=(const RowStream&) = delete;

    // Moves to the next row; false after the last.
    bool next();

    // Columns count from 0. NULL is a mistake of the statement: throws std::logic_error.
    std::int64_t integer(int column) const;
    bool is_integer(int column) const;
    // The value as people write it: an integer, a uuid or text.
    std::string id(int column) const;

  private:
    std::string_view bytes(int column) const;

    struct ClearResult {
        void operator()(PGresult* result) const { PQclear(result); }
    };

    const Connection& connection_;
    std::unique_ptr<PGresult, ClearResult> row_;
    bool finished_ = false;
};

}  // namespace nightshift::postgres
