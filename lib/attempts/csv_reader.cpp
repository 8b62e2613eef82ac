#include "attempts/csv_reader.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace nightshift::attempts {
namespace {

constexpr std::size_t block_size = 65'536;
constexpr std::size_t longest_field = 1'048'576;
constexpr std::size_t longest_record = 4'194'304;
constexpr std::size_t most_fields = 1000;

}  // namespace

CsvReader::CsvReader(ByteSource& source) : RecordReader{source} {
    // REPALL_NL: every line end is told, so that lines can be counted past blank ones.
    if (csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL) != 0) {
        throw std::runtime_error{"libcsv does not start"};
    }
}

CsvReader::~CsvReader() { csv_free(&parser_); }

bool CsvReader::next(Record& record) {
    while (next_record_ == records_.size()) {
        if (at_end_) return false;
        read_block();
    }
    const auto& found = records_[next_record_++];
    refuse_too_wide(found);
    record.line = found.line;
    record.fields.clear();
    for (std::size_t i = 0; i < found.field_count; ++i) {
        const auto field = found.first_field + i;
        const auto begin = field == 0 ? 0 : field_ends_[field - 1];
        record.fields.emplace_back(text_.data() + begin, field_ends_[field] - begin);
    }
    return true;
}

void CsvReader::read_block() {
    // Keep only the record that is still open, moved to the front.
    const auto keep_from = open_.first_field == 0 ? 0 : field_ends_[open_.first_field - 1];
    text_.erase(0, keep_from);
    field_ends_.erase(field_ends_.begin(),
                      field_ends_.begin() + static_cast<std::ptrdiff_t>(open_.first_field));
    for (auto& end : field_ends_) end -= keep_from;
    open_.first_field = 0;
    records_.clear();
    next_record_ = 0;

    // libcsv is C and calls back; exceptions are thrown after it has returned.
    const auto on_field = [](void* value, std::size_t size, void* self) {
        static_cast<CsvReader*>(self)->on_field({static_cast<const char*>(value), size});
    };
    const auto on_end = [](int terminator, void* self) {
        static_cast<CsvReader*>(self)->on_end_of_record(terminator);
    };
    std::array<char, block_size> buffer;
    std::string_view block{buffer.data(), source_.read(buffer.data(), buffer.size())};
    at_end_ = block.size() < buffer.size();
    if (at_start_) {
        at_start_ = false;
        if (block.starts_with(byte_order_mark)) block.remove_prefix(byte_order_mark.size());
        if (block.starts_with("\xFF\xFE") || block.starts_with("\xFE\xFF")) {
            throw bad(1, "the file is UTF-16", "save it as UTF-8");
        }
    }
    static constexpr const char* fix = "correct the quotes; nothing of this file was kept";
    if (csv_parse(&parser_, block.data(), block.size(), on_field, on_end, this) != block.size()) {
        throw bad(line_, "a quote stands where none may be, or is not closed", fix);
    }
    if (parser_.entry_pos > longest_field) {
        throw bad(line_, "a field is longer than 1 MiB: is a quote not closed?", fix);
    }
    refuse_too_wide(open_);
    if (text_.size() > longest_record + block_size) {
        throw bad(open_.line, "a record is longer than 4 MiB", "see whether this is a CSV file");
    }
    if (at_end_ && csv_fini(&parser_, on_field, on_end, this) != 0) {
        throw bad(line_, "the file ends within a quoted field", fix);
    }
}

void CsvReader::refuse_too_wide(const Found& record) const {
    if (record.field_count <= most_fields) return;
    throw bad(record.line, "a record has more than 1000 fields", "see whether this is a CSV file");
}

void CsvReader::on_field(std::string_view value) {
    after_carriage_return_ = false;
    if (open_.field_count == 0) open_.line = line_;
    line_ += std::count(value.begin(), value.end(), '\n');
    text_ += value;
    field_ends_.push_back(text_.size());
    ++open_.field_count;
}

void CsvReader::on_end_of_record(int terminator) {
    const bool second_half = terminator == '\n' && after_carriage_return_;
    if (!second_half) ++line_;
    after_carriage_return_ = terminator == '\r';
    if (open_.field_count > 0) records_.push_back(open_);
    open_ = {.line = line_, .first_field = field_ends_.size(), .field_count = 0};
}

}  // namespace nightshift::attempts
