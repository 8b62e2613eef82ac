// Attempts from CSV or JSON Lines into public.attempts, each file in one transaction: all of it or
// nothing. Any size in constant memory.
//
// Safe to repeat. A row with an event_id is there once, however often it is sent; the first
// content wins. Of rows without one, a content (user, question, correct, skipped, time) that
// stands k times in the file ends with at least k rows in the table: the same file twice adds
// nothing, and exact duplicates within one file are kept.
#pragma once

#include "base/error.hpp"
#include "jobs/lease.hpp"
#include "postgres/connection.hpp"

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace nightshift::attempts {

inline constexpr const char* import_job = "import-attempts";

struct ImportRequest {
    std::vector<std::string> files;  // "-" is standard input
    bool create_users = false;       // named "user <id>"
    bool create_questions = false;
    std::string rejects;  // file where rows go that cannot be imported; empty: one refuses its file
    std::string zone;     // IANA name, for times without an offset; empty: they are refused
};

struct FileReport {
    std::string file;
    std::int64_t rows = 0;
    std::int64_t inserted = 0;
    std::int64_t already_there = 0;
    std::int64_t conflicting = 0;  // of those, the same event_id with other content
    std::int64_t users_created = 0;
    std::int64_t questions_created = 0;
    std::int64_t rejected = 0;   // of rows, not imported
    std::optional<Error> error;  // set: nothing of the file was kept
};

// What the caller has a say in while files are imported. Each may be empty.
struct ImportWatch {
    std::function<bool()> enough;  // begin no further file
    // As the last in a file's transaction.
    std::function<void(postgres::Transaction&, const FileReport&)> kept;
    std::function<void(const std::string& file, std::int64_t rows)> progress;  // rows read so far
};

// Under the caller's lease on import_job. Bad data ends its file only, and is in the report; files
// that were not begun are not.
// Throws Error for anything that ends the whole run: Postgres gone, lease lost, a stop.
std::vector<FileReport> import_files(postgres::Connection& connection, const jobs::Lease& lease,
                                     const ImportRequest& request, const std::stop_token& stop,
                                     const ImportWatch& watch = {});

}  // namespace nightshift::attempts
