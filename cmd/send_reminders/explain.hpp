// send-reminders --explain USER.
#pragma once

#include "notifications/compose.hpp"
#include "notifications/plan.hpp"
#include "session.hpp"

namespace nightshift::cmd {

// request.only_user is the user; budget: of the day.
ExitCode explain_reminders(Session& session, const notifications::Templates& templates,
                           const notifications::Composer& composer, std::optional<Money> budget,
                           const notifications::PlanRequest& request);

}  // namespace nightshift::cmd
