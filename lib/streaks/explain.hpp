// Why a learner's streak is what it is: zones, days and the verdict, as a pass would come to it.
#pragma once

#include "base/instant.hpp"
#include "postgres/connection.hpp"

#include <optional>
#include <string>
#include <vector>

namespace nightshift::streaks {

struct ExplainedZone {
    std::string zone;
    std::optional<std::string> named;  // what users.timezone said, where that is another or none
    bool is_valid = true;              // what it said is a zone
    std::optional<Instant> since;      // none: since ever
};

struct ExplainedDay {
    std::string day;  // 2026-11-21, the learner's own
    std::optional<std::string> zone;
    std::int64_t attempts = 0;  // that were not skipped
    std::int64_t correct = 0;
    std::int64_t counted = 0;  // by passes so far
    Instant first_at;
    Instant last_at;
    bool in_chain = false;  // of the latest streak
};

struct Explanation {
    std::string user_id;
    std::string name;
    Instant as_of;
    std::vector<ExplainedZone> zones;  // the latest first; empty: no pass has seen this user
    bool has_moved = false;            // users.timezone says what no pass has seen yet
    std::optional<std::string> timezone;
    std::vector<ExplainedDay> days;  // the latest first, 60 at most
    std::string today;
    std::optional<std::string> last_day;
    std::optional<std::string> next_day;  // by the end of which the streak must go on
    std::optional<std::string> began;
    std::int64_t length = 0;  // of the latest streak, alive or not
    std::int64_t streak = 0;
    std::optional<std::string> known_day;  // what the app had counted before the first pass
    std::int64_t known_length = 0;
    std::int64_t stored_streak = 0;  // users.study_streak
    std::optional<Instant> stored_last_activity;
    std::int64_t future_attempts = 0;
};

// as_of: default the last pass's. Throws Error: data for an unknown user, refused for an earlier
// as_of. Writes nothing.
Explanation explain(postgres::Connection& postgres, const std::string& user_id,
                    std::optional<Instant> as_of);

}  // namespace nightshift::streaks
