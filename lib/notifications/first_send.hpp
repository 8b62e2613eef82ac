// On a database that was never sent from somebody confirms the first send, once to an allow-list
// and once to everybody.
#pragma once

#include "postgres/connection.hpp"

#include <string>

namespace nightshift::notifications {

enum class SentTo { allow_list, everybody };

// To everybody is to an allow-list too.
bool is_confirmed(postgres::Connection& postgres, SentTo reach);

// Safe to repeat: the first word stays.
void confirm_first_send(postgres::Connection& postgres, SentTo reach, const std::string& run_id);

}  // namespace nightshift::notifications
