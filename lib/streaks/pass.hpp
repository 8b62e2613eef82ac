// A pass over the streaks: extend, keep or break them, and write down what there is to tell.
//
// A streak is the number of consecutive days, in the learner's own zones, with at least one attempt
// that was not skipped, ending today or on the previous day that existed for that learner. It is a
// pure function of the attempts, the zones in force at them (nightshift.user_zones), and the as-of:
// a pass may come twice, late or after a week and leaves the same users.study_streak,
// last_activity_date and active_days. Events (streak_events) are history: what passes saw happen.
//
//  1. Intake, in one transaction: new attempts become days, and who is touched is remembered.
//  2. In batches, each committed: touched users are judged, written where they change, and
//  forgotten.
// Killed anywhere, the next pass goes on. A user's row that the app has locked, or refuses to
// change, is left for the next pass, and stops nobody else's.
#pragma once

#include "base/instant.hpp"
#include "jobs/lease.hpp"
#include "postgres/connection.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace nightshift::streaks {

inline constexpr const char* job = "check-streaks";

// What the first pass does where an app has counted more than the attempts know.
enum class Adopt { keep, recompute };

struct PassRequest {
    std::optional<Instant> as_of = {};    // default: the database's clock
    std::optional<Instant> seen_at = {};  // of changed zones; default: the database's clock
    std::string default_zone = "UTC";
    std::vector<int> milestones{7, 30, 100, 365};  // days
    std::optional<Adopt> adopt = {};
    bool rebuild = false;  // days and streaks from the attempts alone; writes no events
    bool force = false;    // an as-of in the future; with rebuild, one before the last pass's
    std::int64_t batch = 10'000;
};

struct InvalidZone {
    std::string user_id;
    std::string named;
};

// A learner whose row the app's own rules (a CHECK, a trigger) refuse to change.
struct RefusedUser {
    std::string user_id;
    std::string why;
};

struct PassReport {
    Instant as_of;
    bool is_first = false;
    std::int64_t attempts = 0;  // new since the last pass
    std::int64_t judged = 0;
    std::int64_t active = 0;  // users with a streak, after the pass
    std::int64_t started = 0;
    std::int64_t extended = 0;
    std::int64_t broken = 0;
    std::int64_t shortened = 0;
    std::int64_t mended = 0;
    std::int64_t milestones = 0;
    std::int64_t locked = 0;  // left for the next pass, as the app had them locked
    std::int64_t left = 0;    // left for want of time
    std::int64_t refused = 0;
    std::vector<RefusedUser> refused_examples = {};  // five at most
    std::int64_t future_attempts = 0;
    std::int64_t invalid_zones = 0;
    std::vector<InvalidZone> invalid_examples = {};
};

// What the caller has a say in. Each may be empty.
struct PassWatch {
    std::function<bool()> enough = {};  // begin no further batch
    // As the last in a batch's transaction.
    std::function<void(postgres::Transaction&, const PassReport&)> kept = {};
    std::function<void(std::int64_t users)> progress = {};
};

// Under the caller's lease on job.
// Throws Error: refused for an as-of that is older than the last pass's or lies in the future, for
// a database that was restored into another cluster, and for a first pass that would shrink
// streaks; data where the app refuses to change the rows of more than a hundred users.
PassReport check(postgres::Connection& postgres, const jobs::Lease& lease,
                 const PassRequest& request, const PassWatch& watch = {});

struct Change {
    std::string user_id;
    std::int64_t before = 0;
    std::int64_t after = 0;
};

struct Preview {
    PassReport report;
    std::vector<Change> sample;  // ten at most
    std::int64_t shrinking = 0;  // in a first pass: streaks of which attempts know less
};

// What check() would do: works it out in a transaction that is rolled back.
// An as-of in the future needs no force.
Preview preview(postgres::Connection& postgres, PassRequest request);

}  // namespace nightshift::streaks
