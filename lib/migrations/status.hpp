// What stands in the ledger beside what this binary brings. Reads only, and works on a database
// that has never been migrated.
#pragma once

#include "base/instant.hpp"
#include "migrations/migration.hpp"
#include "postgres/connection.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace nightshift::migrations {

enum class State {
    applied,
    pending,
    edited,  // applied, but its file has changed since
    ahead,   // applied by a newer binary; this one does not know it
};

struct Entry {
    int version = 0;
    std::string name;
    State state = State::pending;
    std::string checksum;  // of the file; where it is ahead, of the ledger
    std::optional<Instant> applied_at;
    std::optional<std::chrono::milliseconds> duration;
    std::optional<std::string> applied_by;
};

struct Status {
    std::vector<Entry> entries;  // ascending by version

    bool has(State state) const;
    int count(State state) const;
};

Status status(postgres::Transaction& transaction, const Track& track);

// Throws Error: data for an edited migration, configuration where the schema is ahead.
void refuse_edited_or_ahead(const Status& status);

}  // namespace nightshift::migrations
