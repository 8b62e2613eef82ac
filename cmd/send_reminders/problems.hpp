// What went wrong in a run of send-reminders: its exit code, and words for whoever has to mend it.
#pragma once

#include "notifications/reminders.hpp"
#include "session.hpp"

namespace nightshift::cmd {

// The gravest thing that is to be mended decides.
ExitCode code_of(const notifications::RunReport& report, bool timed_out);

void print_problems(const Session& session, const notifications::RunReport& report);

}  // namespace nightshift::cmd
