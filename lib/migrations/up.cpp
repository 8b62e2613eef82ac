#include "migrations/up.hpp"

#include "base/error.hpp"
#include "migrations/sql.hpp"

#include <algorithm>

namespace nightshift::migrations {
namespace {

// "nightshft" in ASCII: one key for every track, as tracks share tables.
constexpr std::int64_t lock_key = 0x6E69676874736674;

std::vector<Migration> not_applied(postgres::Transaction& transaction, const Track& track) {
    const auto now = status(transaction, track);
    refuse_edited_or_ahead(now);
    std::vector<Migration> result;
    for (const auto& migration : track.migrations) {
        const auto entry =
            std::find_if(now.entries.begin(), now.entries.end(),
                         [&](const auto& each) { return each.version == migration.version; });
        if (entry->state == State::pending) result.push_back(migration);
    }

    return result;
}

void apply(postgres::Connection& connection, const Track& track, const Migration& migration) {
    const auto doing = "applying migration " + std::to_string(migration.version) + " " +
                       std::string{migration.name};
    connection.transaction(doing, [&](auto& transaction) {
        // A client that dies must not leave a statement running with its locks.
        transaction.exec("SET LOCAL client_connection_check_interval = '500ms'");
        transaction.exec(std::string{sql::create_ledger});
        transaction.exec(std::string{migration.sql});
        postgres::exec(transaction, sql::record,
                       {track.name, std::to_string(migration.version), std::string{migration.name},
                        migration.checksum()});
    });
}

}  // namespace

std::unique_ptr<postgres::AdvisoryLock> take_lock(const UpRequest& request) {
    return std::make_unique<postgres::AdvisoryLock>(
        request.connect(), postgres::AdvisoryLock::Request{.key = lock_key,
                                                           .name = "nightshift migrate",
                                                           .wait = request.lock_wait,
                                                           .stop = request.stop});
}

std::string_view ledger() { return sql::create_ledger; }

std::vector<Migration> pending(postgres::Connection& connection, const Track& track) {
    return connection.transaction(
        "reading the ledger", [&](auto& transaction) { return not_applied(transaction, track); });
}

std::vector<Entry> apply_pending(postgres::Connection& connection, const Track& track) {
    const auto to_apply = pending(connection, track);
    for (const auto& migration : to_apply) apply(connection, track, migration);

    const auto after = connection.transaction(
        "reading the ledger", [&](auto& transaction) { return status(transaction, track); });
    std::vector<Entry> applied;
    for (const auto& entry : after.entries) {
        const bool ours = std::any_of(to_apply.begin(), to_apply.end(), [&](const auto& migration) {
            return migration.version == entry.version;
        });
        if (ours) applied.push_back(entry);
    }
    return applied;
}

UpResult up(const Track& track, const UpRequest& request) {
    const auto lock = take_lock(request);
    const auto connection = request.connect();
    return {apply_pending(*connection, track), lock->had_to_wait()};
}

}  // namespace nightshift::migrations
