// One attempt as a record has it: which columns there must be, what each may hold.
//   user_id, question_id   required; of the app's id type
//   is_correct             required; true/false, t/f, yes/no, 1/0
//   attempted_at           required; RFC 3339, with an offset unless --zone names the zone
//   skipped                as is_correct; empty or no such column: false
//   event_id               up to 1000 bytes; empty or no such column: none
// Columns may stand in any order; others are ignored.
#pragma once

#include "attempts/record_reader.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nightshift::attempts {

enum class IdType { smallint, integer, bigint, uuid, text };

struct AttemptRow {
    std::string_view user_id;
    std::string_view question_id;
    bool is_correct = false;
    bool skipped = false;
    std::string attempted_at;  // as Postgres reads it; without an offset it is in the zone's time
    std::optional<std::string_view> event_id;
};

class RowFormat {
  public:
    struct Rules {
        IdType user_id = IdType::bigint;
        IdType question_id = IdType::bigint;
        bool zone_is_given = false;
    };

    // What the columns are called.
    static const std::vector<std::string_view>& columns();

    // header: the file's first record. Throws Error (data) for a column that is missing or
    // stands twice.
    RowFormat(const RecordReader& reader, const Record& header, const Rules& rules);

    // row's texts point into the record. Throws Error (data) naming file:line, column and reason.
    void parse(const Record& record, AttemptRow& row) const;

    const std::vector<std::string>& ignored_columns() const { return ignored_; }

    // The columns as the file has them; those that are ignored have no name here.
    const std::vector<std::string_view>& header() const { return header_; }

  private:
    enum Column { user_id, question_id, is_correct, attempted_at, skipped, event_id, column_count };

    std::string_view field(const Record& record, Column column) const;
    bool boolean(const Record& record, Column column) const;
    void check_id(const Record& record, Column column, IdType type) const;
    void check_text(const Record& record, Column column) const;
    [[noreturn]] void refuse(const Record& record, Column column, const std::string& why) const;

    const RecordReader& reader_;
    Rules rules_;
    std::size_t width_ = 0;
    std::array<std::optional<std::size_t>, column_count> position_;
    std::vector<std::string> ignored_;
    std::vector<std::string_view> header_;
};

}  // namespace nightshift::attempts
