#include "health/counters.hpp"

#include "health/sql.hpp"

namespace nightshift::health {

void note_counters(postgres::Connection& connection) {
    connection.transaction("noting the day's counters", [](auto& transaction) {
        // A sequence is locked by whoever truncates its table.
        transaction.exec("SET LOCAL statement_timeout = '2s'; SET LOCAL lock_timeout = '500ms'");
        postgres::exec(transaction, sql::note_counters);
    });
}

}  // namespace nightshift::health
