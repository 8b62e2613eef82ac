#include "health/counters.hpp"

#include "health/sql.hpp"

namespace nightshift::health {

void note_counters(postgres::Connection& connection) {
    connection.transaction("noting the day's counters", [](auto& transaction) {
        postgres::exec(transaction, sql::note_counters);
    });
}

}  // namespace nightshift::health
