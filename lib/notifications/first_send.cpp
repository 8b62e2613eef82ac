#include "notifications/first_send.hpp"

#include "notifications/sql.hpp"

namespace nightshift::notifications {

bool is_confirmed(postgres::Connection& postgres, SentTo reach) {
    return postgres.transaction(
        "reading whether a first send was confirmed", [&](auto& transaction) {
            const auto row = transaction.exec(
                "SELECT tried_at IS NOT NULL OR confirmed_at IS NOT NULL AS to_allowed, "
                "confirmed_at IS NOT NULL AS to_everybody FROM nightshift.sending")[0];
            return row[reach == SentTo::everybody ? "to_everybody" : "to_allowed"]
                .template as<bool>();
        });
}

void confirm_first_send(postgres::Connection& postgres, SentTo reach, const std::string& run_id) {
    postgres.transaction("confirming the first send", [&](auto& transaction) {
        postgres::exec(transaction, sql::confirm_first_send,
                       {run_id, reach == SentTo::everybody ? "t" : "f"});
    });
}

}  // namespace nightshift::notifications
