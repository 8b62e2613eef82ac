// send-reminders --explain USER.
#pragma once

#include "notifications/plan.hpp"
#include "session.hpp"

namespace nightshift::cmd {

// request.only_user is the user.
ExitCode explain_reminders(Session& session, const notifications::Templates& templates,
                           const notifications::PlanRequest& request);

}  // namespace nightshift::cmd
