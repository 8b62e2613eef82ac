#include "notifications/kinds.hpp"

#include <algorithm>

namespace nightshift::notifications {
namespace {

const Variable learner{"name", "Awa"};
const Variable streak{"streak", "12", true};
const Variable rank{"rank", "7", true};
const Variable attempts{"attempts", "450", true};
const Variable accuracy{"accuracy", "92.5"};

}  // namespace

const std::vector<Kind>& kinds() {
    static const std::vector<Kind> all{
        {"review", "reminders", Priority::medium, {learner, {"due", "12", true}}, "due"},
        {"streak_at_risk", "reminders", Priority::high, {learner, streak}, "streak"},
        {"streak_broken", "reminders", Priority::low, {learner, streak}, "streak"},
        {"milestone", "reminders", Priority::low, {learner, streak}, "streak"},
        {"weekly_result",
         "results",
         Priority::low,
         {learner, rank, attempts, accuracy},
         "attempts"},
        {"monthly_report",
         "reports",
         Priority::low,
         {learner, {"month", "October 2026"}, rank, attempts, accuracy},
         "attempts"}};
    return all;
}

const Kind* find_kind(std::string_view name) {
    const auto found = std::find_if(kinds().begin(), kinds().end(),
                                    [name](const Kind& kind) { return kind.name == name; });
    return found != kinds().end() ? &*found : nullptr;
}

}  // namespace nightshift::notifications
