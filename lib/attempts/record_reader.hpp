// A file of attempts, a record at a time in constant memory, whatever its format: CSV or JSON
// Lines.
#pragma once

#include "attempts/byte_source.hpp"
#include "base/error.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nightshift::attempts {

struct Record {
    std::int64_t line = 0;  // where it begins; the first line is 1
    std::vector<std::string_view> fields;
    std::string broken;     // why it cannot be read at all, and then
    std::string_view text;  // what stands there
};

class RecordReader {
  public:
    explicit RecordReader(ByteSource& source) : source_{source} {}
    virtual ~RecordReader() = default;
    RecordReader(const RecordReader&) = delete;
    RecordReader& operator=(const RecordReader&) = delete;

    // The next record, or false at the end; the first one names the columns. Its fields are valid
    // until the next call. Throws Error (data) naming file:line where what follows is lost too.
    virtual bool next(Record& record) = 0;

    const std::string& name() const { return source_.name(); }

    // An Error about a line of this file.
    Error bad(std::int64_t line, const std::string& why, const std::string& fix) const {
        return {Failure::data, "bad line " + source_.name() + ":" + std::to_string(line), why, fix};
    }

  protected:
    ByteSource& source_;
};

inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// The format is told by the first byte that is not blank, not the name: an object begins with a
// brace, and no column does. known: the columns that an object's keys are looked through for.
std::unique_ptr<RecordReader> open_records(ByteSource& source,
                                           const std::vector<std::string_view>& known);

}  // namespace nightshift::attempts
