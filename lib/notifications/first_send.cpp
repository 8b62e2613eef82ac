#include "notifications/first_send.hpp"

#include "notifications/sql.hpp"

namespace nightshift::notifications {

bool is_confirmed(postgres::Connection& postgres) {
    return postgres.transaction(
        "reading whether a first send was confirmed", [](auto& transaction) {
            return transaction.exec("SELECT confirmed_at IS NOT NULL FROM nightshift.sending")[0][0]
                .template as<bool>();
        });
}

void confirm_first_send(postgres::Connection& postgres, const std::string& run_id) {
    postgres.transaction("confirming the first send", [&](auto& transaction) {
        postgres::exec(transaction, sql::confirm_first_send, {run_id});
    });
}

}  // namespace nightshift::notifications
