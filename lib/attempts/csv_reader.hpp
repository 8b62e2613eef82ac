// CSV (RFC 4180), a record at a time in constant memory: LF, CRLF or CR, quotes, a BOM. Blank
// lines are skipped; blanks around an unquoted field are not part of it.
// Limits, so that one stray quote cannot swallow memory: 1 MiB a field, 1000
// fields and 4 MiB a record.
// Throws Error (data) naming file:line.
#pragma once

#include "attempts/record_reader.hpp"

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include <csv.h>

namespace nightshift::attempts {

class CsvReader : public RecordReader {
  public:
    explicit CsvReader(ByteSource& source);
    ~CsvReader() override;

    bool next(Record& record) override;

  private:
    struct Found {
        std::int64_t line = 0;
        std::size_t first_field = 0;
        std::size_t field_count = 0;
    };

    void read_block();
    void on_field(std::string_view value);
    void on_end_of_record(int terminator);
    void refuse_too_wide(const Found& record) const;

    csv_parser parser_{};
    std::int64_t line_ = 1;  // where the parser stands
    bool after_carriage_return_ = false;
    bool at_start_ = true;
    bool at_end_ = false;

    // What one block held: the text of all fields, where each ends, and complete records.
    std::string text_;
    std::vector<std::size_t> field_ends_;
    std::vector<Found> records_;
    std::size_t next_record_ = 0;
    Found open_;  // begun, not ended
};

}  // namespace nightshift::attempts
