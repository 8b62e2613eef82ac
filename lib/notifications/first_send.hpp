// On a database that was never sent from somebody confirms the first send, once.
#pragma once

#include "postgres/connection.hpp"

#include <string>

namespace nightshift::notifications {

bool is_confirmed(postgres::Connection& postgres);

// Safe to repeat: the first word stays.
void confirm_first_send(postgres::Connection& postgres, const std::string& run_id);

}  // namespace nightshift::notifications
