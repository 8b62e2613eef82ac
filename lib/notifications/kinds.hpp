// The kinds of notifications, and what their texts may speak of.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nightshift::notifications {

enum class Priority { low, medium, high };

struct Variable {
    std::string name;
    std::string example;
    bool is_number = false;
};

struct Kind {
    std::string name;      // review
    std::string category;  // of the learner's preferences: reminders, results, reports
    Priority priority = Priority::low;
    std::vector<Variable> variables;
    std::string counted;  // the variable by which one is told from several
};

const std::vector<Kind>& kinds();

// Nothing where there is none of that name.
const Kind* find_kind(std::string_view name);

}  // namespace nightshift::notifications
