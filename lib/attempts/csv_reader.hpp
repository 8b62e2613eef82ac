// CSV (RFC 4180), a record at a time in constant memory: LF, CRLF or CR, quotes, a BOM. Blank
// lines are skipped; blanks around an unquoted field are not part of it.
// Limits, so that one stray quote cannot swallow memory: 1 MiB a field, 1000
// fields and 4 MiB a record.
// Throws Error (data) naming file:line.
#pragma once

#include "attempts/byte_source.hpp"
#include "base/error.hpp"

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include <csv.h>

namespace nightshift::attempts {

struct CsvRecord {
    std::int64_t line = 0;  // where it begins; the first line is 1
    std::vector<std::string_view> fields;
};

class CsvReader {
  public:
    explicit CsvReader(ByteSource& source);
    ~CsvReader();
    CsvReader(const CsvReader&) = delete;
    CsvReader& operator=(const CsvReader&) = delete;

    // The next record, or false at the end. Its fields are valid until the next call.
    bool next(CsvRecord& record);

    // An Error about a line of this file.
    Error bad(std::int64_t line, const std::string& why, const std::string& fix) const;

  private:
    struct Record {
        std::int64_t line = 0;
        std::size_t first_field = 0;
        std::size_t field_count = 0;
    };

    void read_block();
    void on_field(std::string_view value);
    void on_end_of_record(int terminator);
    void refuse_too_wide(const Record& record) const;

    ByteSource& source_;
    csv_parser parser_{};
    std::int64_t line_ = 1;  // where the parser stands
    bool after_carriage_return_ = false;
    bool at_start_ = true;
    bool at_end_ = false;

    // What one block held: the text of all fields, where each ends, and complete records.
    std::string text_;
    std::vector<std::size_t> field_ends_;
    std::vector<Record> records_;
    std::size_t next_record_ = 0;
    Record open_;  // begun, not ended
};

}  // namespace nightshift::attempts
