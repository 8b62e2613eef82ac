// The kinds of notifications: whom they are for, when, and what their texts may speak of. A new
// kind is a row of the table, its SQL files (sql/review.sql: who is due; review_facts.sql: what
// --explain says of it; review_no_longer_due.sql, where a reason may fall away before it is sent),
// and a template (json/review.json).
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace nightshift::notifications {

enum class Priority { high = 1, medium = 2, low = 3 };

struct Variable {
    std::string name;
    std::string example;
};

struct Kind {
    std::string name;      // review
    std::string category;  // of the learner's preferences: reminders, results, reports
    Priority priority = Priority::low;
    int hour = 8;                     // of its slot, local
    bool learner_has_say = false;     // in that hour: notification_preferences.preferred_hour
    bool is_daily = false;            // else it falls due by something that happened
    std::chrono::hours lasts{24};     // from its slot, then it is not said any more
    std::vector<Variable> variables;  // each a text, and none may be missing
    std::string counted;              // the variable by which one is told from several
    std::string_view texts = {};      // JSON: the built-in template
    // SQL.
    std::string_view who_is_due = {};     // fills candidates
    std::string_view who_of_crowd = {};   // the same, where that is quicker for a crowd
    std::string_view facts = {};          // of one user: what the kind asks for
    std::string_view no_longer_due = {};  // of notifications about to be sent; none: always due
    std::string_view note = {};           // that notifications are on their way; none: no need
};

const std::vector<Kind>& kinds();

// As a request has them: empty is all.
std::vector<const Kind*> all_or(std::vector<const Kind*> wanted);

// Nothing where there is none of that name.
const Kind* find_kind(std::string_view name);

// "review, streak_at_risk, ...", for messages.
std::string kind_names();

}  // namespace nightshift::notifications
