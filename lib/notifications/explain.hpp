// Why a user hears something, or does not: every rule's verdict, as the plan applies them.
#pragma once

#include "notifications/history.hpp"
#include "notifications/plan.hpp"

#include <optional>
#include <string>
#include <vector>

namespace nightshift::notifications {

struct KindVerdict {
    std::string kind;
    // Of the window that is open, or was the last; none: of what happens only now and then.
    std::optional<Instant> slot_at;
    std::optional<Instant> ends_at;
    bool is_open = false;
    bool is_before_installation = false;
    std::string facts;    // what the kind asks for
    std::string verdict;  // "email eligible; sms opted out"; empty: not due
    std::string occasion;
};

struct Explanation {
    std::string user_id;
    std::string name;
    Instant as_of;
    std::string named_zone;
    std::string zone;
    bool is_zone_valid = false;
    std::string local_time;
    bool has_app = false;
    std::string wishes;  // preferences, as they stand
    std::int64_t said_today = 0;
    std::vector<Pause> pauses;
    std::vector<Reach> reach;
    std::vector<KindVerdict> kinds;
};

// request.only_user is the user; writes nothing. Throws Error (data) for one that is not there.
Explanation explain(postgres::Connection& postgres, postgres::Connection& reader,
                    const Templates& templates, const PlanRequest& request);

}  // namespace nightshift::notifications
