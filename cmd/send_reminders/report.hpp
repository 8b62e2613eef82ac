// What a run of send-reminders, or its dry run, has to say.
#pragma once

#include "notifications/forecast.hpp"
#include "notifications/history.hpp"
#include "notifications/reminders.hpp"

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace nightshift::cmd {

// What holds messages back besides the learners' own wishes; empty: nothing. reason: why there is
// an allow-list.
std::string holds_text(const std::vector<notifications::Pause>& pauses,
                       const notifications::PlanRequest& request, const std::string& reason);

std::string to_text(const notifications::RunReport& report, const std::string& currency);
nlohmann::ordered_json to_json(const notifications::RunReport& report, const std::string& currency);

std::string to_text(const notifications::Forecast& forecast,
                    const notifications::PlanRequest& request, const std::string& currency);
nlohmann::ordered_json to_json(const notifications::Forecast& forecast,
                               const notifications::PlanRequest& request,
                               const std::string& currency);

}  // namespace nightshift::cmd
