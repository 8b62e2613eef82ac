#include "notifications/kinds.hpp"

#include "notifications/sql.hpp"

#include <algorithm>

namespace nightshift::notifications {
namespace {

using namespace std::chrono_literals;

const Variable learner{"name", "Awa"};
const Variable streak{"streak", "12"};
const std::vector<Variable> result{
    learner, {"rank", "7"}, {"attempts", "450"}, {"accuracy", "92.5"}};
const std::vector<Variable> report{
    learner,       {"month", "October 2026"}, {"month_number", "10"}, {"year", "2026"},
    {"rank", "7"}, {"attempts", "450"},       {"accuracy", "92.5"}};

}  // namespace

const std::vector<Kind>& kinds() {
    static const std::vector<Kind> all{{.name = "review",
                                        .category = "reminders",
                                        .priority = Priority::medium,
                                        .learner_has_say = true,
                                        .is_daily = true,
                                        .lasts = 2h,
                                        .variables = {learner, {"due", "12"}},
                                        .counted = "due",
                                        .who_is_due = sql::review},
                                       {.name = "streak_at_risk",
                                        .category = "reminders",
                                        .priority = Priority::high,
                                        .hour = 19,
                                        .is_daily = true,
                                        .lasts = 2h,
                                        .variables = {learner, streak},
                                        .counted = "streak",
                                        .who_is_due = sql::streak_at_risk},
                                       {.name = "streak_broken",
                                        .category = "reminders",
                                        .variables = {learner, streak},
                                        .counted = "streak",
                                        .who_is_due = sql::streak_broken},
                                       {.name = "milestone",
                                        .category = "reminders",
                                        .variables = {learner, streak},
                                        .counted = "streak",
                                        .who_is_due = sql::milestone},
                                       {.name = "weekly_result",
                                        .category = "results",
                                        .variables = result,
                                        .counted = "attempts",
                                        .who_is_due = sql::weekly_result},
                                       {.name = "monthly_report",
                                        .category = "reports",
                                        .lasts = 7 * 24h,
                                        .variables = report,
                                        .counted = "attempts",
                                        .who_is_due = sql::monthly_report}};
    return all;
}

const Kind* find_kind(std::string_view name) {
    const auto found = std::find_if(kinds().begin(), kinds().end(),
                                    [name](const Kind& kind) { return kind.name == name; });
    return found != kinds().end() ? &*found : nullptr;
}

std::string kind_names() {
    std::string names;
    for (const auto& each : kinds()) names += (names.empty() ? "" : ", ") + each.name;
    return names;
}

}  // namespace nightshift::notifications
