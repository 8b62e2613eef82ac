#include "attempts/record_reader.hpp"

#include "attempts/csv_reader.hpp"
#include "attempts/json_lines_reader.hpp"

namespace nightshift::attempts {

std::unique_ptr<RecordReader> open_records(ByteSource& source,
                                           const std::vector<std::string_view>& known) {
    if (source.peek() == '{') return std::make_unique<JsonLinesReader>(source, known);
    return std::make_unique<CsvReader>(source);
}

}  // namespace nightshift::attempts
