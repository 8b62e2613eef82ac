// What stands below `nightshift notifications`.
#pragma once

#include "commands.hpp"

namespace nightshift::cmd {

void add_notifications_look(CLI::App& notifications, Chosen& chosen);   // list and show
void add_notifications_hold(CLI::App& notifications, Chosen& chosen);   // pause, resume, cancel
void add_notifications_erase(CLI::App& notifications, Chosen& chosen);  // prune and forget
void add_notifications_test(CLI::App& notifications, Chosen& chosen);

}  // namespace nightshift::cmd
