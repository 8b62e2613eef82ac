// Arrivals: attempts that came since the last look, turned into the learners' own days.
//
// An attempt is new when its transaction was not visible to the last intake's snapshot, whatever
// its id and time: so what is committed late is not lost. Its day is the local date in the zone
// that was in force for the learner at that instant; a change of zone is in force from the pass
// that sees it. Days are replaced from public.attempts, never added to: an attempt may be taken in
// twice.
//
// An attempt that was changed or deleted after it was taken in is not noticed; taking in everything
// puts it right. It also makes attempts old that came with another cluster's dump, whose
// transaction numbers are still to come here: attempts.ingest_xid becomes 0. Attempts dated before
// 1900, and those of nobody, count for nothing.
#pragma once

#include "base/instant.hpp"
#include "postgres/connection.hpp"

#include <optional>
#include <string>

namespace nightshift::attempts {

struct ArrivalsState {
    Instant as_of;              // of the last intake
    Instant first_as_of;        // of the first
    bool of_another_cluster{};  // a dump was restored: its transaction numbers say nothing here
};

// Nothing: there was no intake yet.
std::optional<ArrivalsState> arrivals_state(postgres::Transaction& transaction);

struct IntakeRequest {
    Instant as_of;             // later attempts wait until it reaches them
    Instant seen_at;           // from when on a zone that has changed is in force
    std::string default_zone;  // of users who name none, or what is none
    bool everything = false;   // days and zones from the truth; needed at first
};

struct Intake {
    std::int64_t attempts = 0;  // taken in, where not everything was
    std::int64_t alive = 0;     // users with a streak, as they were
};

// In the caller's transaction, which must be Connection::repeatable(): the rows and the snapshot
// that the next intake starts from are one. Fills nightshift.touched_users with those whose streak
// must be judged.
Intake take_in(postgres::Transaction& transaction, const IntakeRequest& request);

// Sees to it that nightshift.zones is filled. Throws Error (configuration) where Postgres does not
// know the default zone.
void know_zones(postgres::Transaction& transaction, const std::string& default_zone);

}  // namespace nightshift::attempts
