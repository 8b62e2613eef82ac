#include "migrations/up.hpp"

#include "base/error.hpp"
#include "migrations/sql.hpp"
#include "postgres/lock.hpp"

#include <algorithm>

namespace nightshift::migrations {
namespace {

// "nightshft" in ASCII: one key for every track, as tracks share tables.
constexpr std::int64_t lock_key = 0x6E69676874736674;

std::vector<Migration> pending(postgres::Transaction& transaction, const Track& track) {
    const auto now = status(transaction, track);
    refuse_edited_or_ahead(now);
    std::vector<Migration> result;
    for (const auto& migration : track.migrations) {
        const auto entry =
            std::find_if(now.entries.begin(), now.entries.end(),
                         [&](const auto& each) { return each.version == migration.version; });
        if (entry->state == State::pending) result.push_back(migration);
    }

    const bool greenfield = result.size() == now.entries.size();
    if (!greenfield) return result;
    const auto in_the_way = postgres::exec(transaction, sql::tables_in_the_way)[0]["found"];
    if (!in_the_way.is_null()) {
        throw Error{
            Failure::configuration, "this database belongs to an app already",
            std::string{in_the_way.c_str()} + " stands there, and adopting is not built yet",
            "give nightshift an empty database in DATABASE_URL"};
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

UpResult up(const Track& track, const UpRequest& request) {
    const postgres::AdvisoryLock lock{request.connect(),
                                      {.key = lock_key,
                                       .name = "nightshift migrate",
                                       .wait = request.lock_wait,
                                       .stop = request.stop}};
    const auto connection = request.connect();
    const auto to_apply = plan(*connection, track);
    for (const auto& migration : to_apply) apply(*connection, track, migration);

    UpResult result;
    result.waited = lock.had_to_wait();
    const auto after = connection->transaction(
        "reading the ledger", [&](auto& transaction) { return status(transaction, track); });
    for (const auto& entry : after.entries) {
        const bool ours = std::any_of(to_apply.begin(), to_apply.end(), [&](const auto& migration) {
            return migration.version == entry.version;
        });
        if (ours) result.applied.push_back(entry);
    }
    return result;
}

std::vector<Migration> plan(postgres::Connection& connection, const Track& track) {
    return connection.transaction("reading the ledger",
                                  [&](auto& transaction) { return pending(transaction, track); });
}

}  // namespace nightshift::migrations
