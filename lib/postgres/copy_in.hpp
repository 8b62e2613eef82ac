// Rows into a table by COPY ... FROM STDIN in text format, in constant memory: what is added is
// sent in blocks of 64 KiB. Runs inside the caller's transaction; nothing counts before
// finish(). A CopyIn that is destroyed without it ends the COPY with an error, and so the
// transaction. Throws StatementFailure.
#pragma once

#include "postgres/connection.hpp"

#include <string>
#include <string_view>

namespace nightshift::postgres {

class CopyIn {
  public:
    // statement: COPY table (columns) FROM STDIN
    CopyIn(const Connection& connection, std::string_view statement);
    ~CopyIn();
    CopyIn(const CopyIn&) = delete;
    CopyIn& operator=(const CopyIn&) = delete;

    // One column's value of the row that is being written, escaped; NULL for null().
    void text(std::string_view value);
    // For values that hold no backslash, tab or line end: numbers, times, booleans.
    void plain(std::string_view value);
    void null();
    void end_row();

    void finish();

  private:
    void separate();
    void flush();

    const Connection& connection_;
    std::string buffer_;
    bool at_row_start_ = true;
    bool finished_ = false;
};

}  // namespace nightshift::postgres
