#include "notifications/kinds.hpp"

#include "notifications/json.hpp"
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
                                        .texts = json::review,
                                        .who_is_due = sql::review,
                                        .who_of_crowd = sql::review_crowd,
                                        .facts = sql::review_facts,
                                        .no_longer_due = sql::review_no_longer_due},
                                       {.name = "streak_at_risk",
                                        .category = "reminders",
                                        .priority = Priority::high,
                                        .hour = 19,
                                        .is_daily = true,
                                        .lasts = 2h,
                                        .variables = {learner, streak},
                                        .counted = "streak",
                                        .texts = json::streak_at_risk,
                                        .who_is_due = sql::streak_at_risk,
                                        .facts = sql::streak_at_risk_facts,
                                        .no_longer_due = sql::streak_at_risk_no_longer_due},
                                       {.name = "streak_broken",
                                        .category = "reminders",
                                        .variables = {learner, streak},
                                        .counted = "streak",
                                        .texts = json::streak_broken,
                                        .who_is_due = sql::streak_broken,
                                        .facts = sql::streak_broken_facts,
                                        .no_longer_due = sql::streak_broken_no_longer_due,
                                        .note = sql::tell_of_streak},
                                       {.name = "milestone",
                                        .category = "reminders",
                                        .variables = {learner, streak},
                                        .counted = "streak",
                                        .texts = json::milestone,
                                        .who_is_due = sql::milestone,
                                        .facts = sql::milestone_facts,
                                        .note = sql::tell_of_streak},
                                       {.name = "weekly_result",
                                        .category = "results",
                                        .variables = result,
                                        .counted = "attempts",
                                        .texts = json::weekly_result,
                                        .who_is_due = sql::weekly_result,
                                        .facts = sql::weekly_result_facts},
                                       {.name = "monthly_report",
                                        .category = "reports",
                                        .lasts = 7 * 24h,
                                        .variables = report,
                                        .counted = "attempts",
                                        .texts = json::monthly_report,
                                        .who_is_due = sql::monthly_report,
                                        .facts = sql::monthly_report_facts}};
    return all;
}

std::vector<const Kind*> all_or(std::vector<const Kind*> wanted) {
    if (wanted.empty()) {
        for (const auto& kind : kinds()) wanted.push_back(&kind);
    }
    return wanted;
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
