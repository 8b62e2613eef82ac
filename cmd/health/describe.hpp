// What could be looked at, without looking.
#pragma once

#include "session.hpp"

#include <string>

namespace nightshift::cmd {

ExitCode list_checks(Session& session);
ExitCode explain_check(Session& session, const std::string& id);
// SQL that lets a role see all that the checks ask for.
ExitCode print_grants(Session& session);

}  // namespace nightshift::cmd
