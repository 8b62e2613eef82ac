#include "attempts/record_reader.hpp"

#include "attempts/csv_reader.hpp"
#include "attempts/json_lines_reader.hpp"

namespace nightshift::attempts {
namespace {

constexpr std::size_t look_ahead = 4096;  // for the first byte that is not blank

}  // namespace

std::unique_ptr<RecordReader> open_records(ByteSource& source,
                                           const std::vector<std::string_view>& known) {
    auto begin = source.peek(look_ahead);
    if (begin.starts_with(byte_order_mark)) begin.remove_prefix(byte_order_mark.size());
    const auto first = begin.find_first_not_of(" \t\r\n");
    if (first != std::string_view::npos && begin[first] == '{')
        return std::make_unique<JsonLinesReader>(source, known);
    return std::make_unique<CsvReader>(source);
}

}  // namespace nightshift::attempts
