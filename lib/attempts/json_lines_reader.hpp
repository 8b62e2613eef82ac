// JSON Lines (jsonlines.org): an object a line, UTF-8, LF or CRLF; blank lines and a byte order
// mark are skipped. The first record names the known keys, and each object's values follow in that
// order: a string as it is, a number as it is written, true and false as these words, null or no
// such key as nothing. Other keys are ignored, and named once in the log. Limit: 1 MiB a line. A
// line that is none is a broken record; the next one may be good. Throws Error (data) for one that
// is too long.
#pragma once

#include "attempts/record_reader.hpp"

#include <set>

namespace nightshift::attempts {

class JsonLinesReader : public RecordReader {
  public:
    JsonLinesReader(ByteSource& source, const std::vector<std::string_view>& known);

    bool next(Record& record) override;

  private:
    bool next_line(std::string_view& line);

    const std::vector<std::string_view> known_;
    std::vector<std::string> values_;
    std::set<std::string> ignored_;
    std::int64_t line_ = 0;
    std::string text_;  // read, and not yet given out
    std::size_t begin_ = 0;
    bool at_header_ = true;
    bool at_end_ = false;
};

}  // namespace nightshift::attempts
