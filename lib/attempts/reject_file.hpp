// Where rows go that cannot be imported, as JSON Lines: the row's own values, and why it is here.
//   {"user_id":"x","question_id":"1","is_correct":"1","attempted_at":"2026-03-01T10:00:00Z",
//    "rejected":{"file":"attempts.csv","line":3,"why":"column user_id: 'x' is no integer"}}
// Corrected, the file can be imported as it is; uncorrected each row is refused again. So what
// could not be read as a row has no values here: it stands, up to 100,000 bytes of it, as
// rejected.text, or as rejected.base64 where it is not UTF-8. Grows at its end, by the rows of a
// whole file at a time: what an earlier run wrote stays.
#pragma once

#include "attempts/record_reader.hpp"

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nightshift::attempts {

class RejectFile {
  public:
    // Throws Error (output) where it cannot be written.
    explicit RejectFile(std::string path);
    ~RejectFile();
    RejectFile(const RejectFile&) = delete;
    RejectFile& operator=(const RejectFile&) = delete;

    // Throws Error (usage) where the file, or "-" for standard input, is this one.
    void require_other_than(const std::string& file) const;

    // A record, or a line that was made elsewhere. Memory does not grow with them.
    void add(const std::string& file, const std::vector<std::string_view>& columns,
             const Record& record, const std::string& why);
    void add(std::string_view line);

    // Appends what was added, durably, or forgets it. Throws Error (output) and leaves the file as
    // it was.
    void keep();
    void forget();

    std::int64_t added() const { return added_; }  // since keep() or forget()

  private:
    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };

    [[noreturn]] void fail() const;

    std::string path_;
    int descriptor_ = -1;
    std::unique_ptr<std::FILE, Close> waiting_;  // unlinked
    std::int64_t added_ = 0;
};

}  // namespace nightshift::attempts
