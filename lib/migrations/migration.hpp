// A migration: one numbered SQL file, applied once, in order, in one transaction.
// A track is a list of migrations with a ledger of its own in nightshift.migrations; the
// built-in schema is the track "nightshift".
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nightshift::migrations {

struct Migration {
    int version;
    std::string_view name;
    std::string_view sql;

    // SHA-256 of the file's bytes, hexadecimal.
    std::string checksum() const;
};

struct Track {
    std::string name;
    std::vector<Migration> migrations;  // ascending by version
};

}  // namespace nightshift::migrations
