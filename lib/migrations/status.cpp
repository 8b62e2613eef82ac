#include "migrations/status.hpp"

#include "base/digest.hpp"
#include "base/error.hpp"
#include "migrations/sql.hpp"

#include <algorithm>
#include <map>

namespace nightshift::migrations {
namespace {

std::string label(const Entry& entry) { return std::to_string(entry.version) + " " + entry.name; }

}  // namespace

std::string Migration::checksum() const { return sha256_hex(sql); }

bool Status::has(State state) const { return count(state) > 0; }

int Status::count(State state) const {
    return static_cast<int>(
        std::count_if(entries.begin(), entries.end(),
                      [state](const auto& entry) { return entry.state == state; }));
}

Status status(postgres::Transaction& transaction, const Track& track) {
    std::map<int, Entry> entries;
    for (const auto& migration : track.migrations) {
        Entry entry;
        entry.version = migration.version;
        entry.name = migration.name;
        entry.checksum = migration.checksum();
        entries[migration.version] = entry;
    }

    if (postgres::exec(transaction, sql::ledger_exists)[0]["found"].as<bool>()) {
        for (const auto& row : postgres::exec(transaction, sql::applied, {track.name})) {
            const int version = row["version"].as<int>();
            const std::string checksum = row["checksum"].c_str();
            const bool known = entries.contains(version);
            auto& entry = entries[version];
            if (!known) {
                entry.version = version;
                entry.name = row["name"].c_str();
                entry.checksum = checksum;
            }
            entry.state = !known                       ? State::ahead
                          : entry.checksum == checksum ? State::applied
                                                       : State::edited;
            entry.applied_at = postgres::instant_column(row["applied_at"]);
            entry.duration = std::chrono::milliseconds{row["duration_ms"].as<std::int64_t>()};
            entry.applied_by = row["applied_by"].c_str();
        }
    }

    Status result;
    for (auto& [version, entry] : entries) result.entries.push_back(std::move(entry));
    return result;
}

void refuse_edited_or_ahead(const Status& status) {
    for (const auto& entry : status.entries) {
        if (entry.state == State::edited) {
            throw Error{
                Failure::data, "migration " + label(entry) + " was edited after it was applied",
                "the ledger's checksum is not that of the file, which is " + entry.checksum,
                "restore the file as it was applied, and put the change into a new migration"};
        }
        if (entry.state == State::ahead) {
            throw Error{Failure::configuration, "the schema is newer than this nightshift",
                        "migration " + label(entry) + " was applied by a later version",
                        "upgrade nightshift on this host"};
        }
    }
}

}  // namespace nightshift::migrations
