// What stands below `nightshift runs`.
#pragma once

#include "commands.hpp"
#include "jobs/history.hpp"

namespace nightshift::cmd {

void add_runs_list(CLI::App& runs, Chosen& chosen);    // list and show
void add_runs_missed(CLI::App& runs, Chosen& chosen);  // missed, catch-up and schedule
void add_runs_unlock(CLI::App& runs, Chosen& chosen);  // unlock and prune

}  // namespace nightshift::cmd
