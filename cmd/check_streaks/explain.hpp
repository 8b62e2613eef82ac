// nightshift check-streaks --explain USER
#pragma once

#include "session.hpp"

#include <optional>
#include <string>

namespace nightshift::cmd {

ExitCode explain_streak(Session& session, const std::string& user_id, std::optional<Instant> as_of);

}  // namespace nightshift::cmd
