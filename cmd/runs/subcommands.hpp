// What stands below `nightshift runs`.
#pragma once

#include "commands.hpp"
#include "jobs/history.hpp"

namespace nightshift::cmd {

void add_runs_list(CLI::App& runs, Chosen& chosen);  // list and show
void add_runs_missed(CLI::App& runs, Chosen& chosen);
void add_runs_catch_up(CLI::App& runs, Chosen& chosen);
void add_runs_unlock(CLI::App& runs, Chosen& chosen);  // unlock and prune
void add_runs_schedule(CLI::App& runs, Chosen& chosen);
void add_runs_metrics(CLI::App& runs, Chosen& chosen);

CLI::Option* add_days(CLI::App& command, int& days);

// NIGHTSHIFT_SCHEDULE's, else the program's own; left_out is told of each job of which no setting
// of where_any is there.
using LeftOut = std::function<void(const jobs::ScheduledJob&)>;
std::vector<jobs::ScheduledJob> declared_schedule(const Session& session,
                                                  const LeftOut& left_out = {});

// Of that schedule, in NIGHTSHIFT_ZONE.
std::vector<jobs::MissedPeriods> missed_periods(const Session& session, int days);

}  // namespace nightshift::cmd
