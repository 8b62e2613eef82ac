#include "attempts/attempt_row.hpp"

#include "base/instant.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace nightshift::attempts {
namespace {

const std::vector<std::string_view> names{"user_id",      "question_id", "is_correct",
                                          "attempted_at", "skipped",     "event_id"};
constexpr std::size_t required = 4;  // of names
// A btree entry holds some 2700 bytes; an id is far shorter.
constexpr std::size_t longest_text = 1000;
constexpr const char* kept_nothing = "correct the row; nothing of this file was kept";

bool is_uuid(std::string_view text) {
    if (text.size() != 36) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        const bool hex =
            std::string_view{"0123456789abcdefABCDEF"}.find(text[i]) != std::string_view::npos;
        if (dash ? text[i] != '-' : !hex) return false;
    }
    return true;
}

}  // namespace

const std::vector<std::string_view>& RowFormat::columns() { return names; }

RowFormat::RowFormat(const RecordReader& reader, const Record& header, const Rules& rules)
    : reader_{reader}, rules_{rules}, width_{header.fields.size()}, header_(width_) {
    for (std::size_t i = 0; i < width_; ++i) {
        const auto name = lowered(trimmed(header.fields[i]));
        const auto known = std::find(names.begin(), names.end(), name);
        if (known == names.end()) {
            ignored_.push_back(excerpt(name));
            continue;
        }
        auto& position = position_[static_cast<std::size_t>(known - names.begin())];
        if (position) {
            throw reader.bad(header.line, "the column " + name + " stands twice in the header",
                             "name each column once");
        }
        position = i;
        header_[i] = *known;
    }
    std::string missing;
    for (std::size_t i = 0; i < required; ++i) {
        if (!position_[i]) missing += (missing.empty() ? "" : ", ") + std::string{names[i]};
    }
    if (missing.empty()) return;
    throw reader.bad(header.line, "the header has no column " + missing,
                     "the first line names the columns: user_id,question_id,is_correct,"
                     "attempted_at, and if you have them skipped,event_id");
}

void RowFormat::parse(const Record& record, AttemptRow& row) const {
    if (!record.broken.empty()) throw reader_.bad(record.line, record.broken, kept_nothing);
    if (record.fields.size() != width_) {
        throw reader_.bad(record.line,
                          "it has " + std::to_string(record.fields.size()) +
                              " fields, the header has " + std::to_string(width_),
                          kept_nothing);
    }
    check_id(record, user_id, rules_.user_id);
    check_id(record, question_id, rules_.question_id);
    row.user_id = field(record, user_id);
    row.question_id = field(record, question_id);
    row.is_correct = boolean(record, is_correct);
    row.skipped = !field(record, skipped).empty() && boolean(record, skipped);

    const auto time = parse_written_time(field(record, attempted_at));
    if (!time) refuse(record, attempted_at, "is no time");
    if (!time->offset && !rules_.zone_is_given) {
        refuse(record, attempted_at, "has no offset: add Z, or name its zone with --zone");
    }
    row.attempted_at.clear();
    append_timestamp(row.attempted_at,
                     time->local - time->offset.value_or(std::chrono::minutes{0}));
    if (time->offset) row.attempted_at += "+00";

    row.event_id.reset();
    const auto event = field(record, event_id);
    if (event.empty()) return;
    check_text(record, event_id);
    row.event_id = event;
}

std::string_view RowFormat::field(const Record& record, Column column) const {
    const auto position = position_[column];
    return position ? record.fields[*position] : std::string_view{};
}

bool RowFormat::boolean(const Record& record, Column column) const {
    const auto value = field(record, column);
    if (value == "1" || value == "t" || value == "true") return true;
    if (value == "0" || value == "f" || value == "false") return false;
    const auto word = lowered(value);
    if (word == "true" || word == "t" || word == "yes") return true;
    if (word == "false" || word == "f" || word == "no") return false;
    refuse(record, column, "is neither true nor false");
}

void RowFormat::check_id(const Record& record, Column column, IdType type) const {
    const auto value = field(record, column);
    if (value.empty()) refuse(record, column, "is empty");
    switch (type) {
        case IdType::smallint:
            if (!parse_integer<std::int16_t>(value)) refuse(record, column, "is no smallint");
            return;
        case IdType::integer:
            if (!parse_integer<std::int32_t>(value)) refuse(record, column, "is no 32-bit integer");
            return;
        case IdType::bigint:
            if (!parse_integer<std::int64_t>(value)) refuse(record, column, "is no integer");
            return;
        case IdType::uuid:
            if (!is_uuid(value)) refuse(record, column, "is no uuid");
            return;
        case IdType::text:
            check_text(record, column);
            return;
    }
}

void RowFormat::check_text(const Record& record, Column column) const {
    const auto value = field(record, column);
    if (value.size() > longest_text) refuse(record, column, "is longer than 1000 bytes");
    if (value.find('\0') != std::string_view::npos) refuse(record, column, "holds a NUL byte");
    if (!is_database_text(value)) refuse(record, column, "is not UTF-8");
}

void RowFormat::refuse(const Record& record, Column column, const std::string& why) const {
    throw reader_.bad(record.line,
                      "column " + std::string{names[column]} + ": '" +
                          excerpt(field(record, column)) + "' " + why,
                      kept_nothing);
}

}  // namespace nightshift::attempts
