// What passes see happen, and write down to be told.
#include "streaks/learners.hpp"
#include "support/catch.hpp"

using namespace nightshift;
using namespace nightshift::test;

TEST_CASE("a late attempt mends a streak, and cancels a break that nobody was told of") {
    const Learners learners;
    for (int user = 1; user <= 2; ++user) {
        learners.add(user, "UTC");
        learners.attempt(user, "2026-03-10T08:00:00Z");
    }
    learners.pass("2026-03-09T12:00:00Z");
    learners.pass("2026-03-10T12:00:00Z");
    CHECK(learners.pass("2026-03-12T12:00:00Z").broken == 2);
    learners.database.query(
        "UPDATE nightshift.streak_events SET told_at = seen_at WHERE user_id = 2");
    for (int user = 1; user <= 2; ++user) learners.attempt(user, "2026-03-11T20:00:00Z");
    const auto mended = learners.pass("2026-03-12T13:00:00Z");
    CHECK(mended.mended == 2);
    CHECK(learners.streak(1) == 2);
    CHECK(learners.events(1) == "extended 2026-03-11");
    CHECK(learners.events(2) == "broken 2026-03-11, extended 2026-03-11, mended 2026-03-11");
}

TEST_CASE("a late attempt that mends nothing moves a break that nobody was told of") {
    const Learners learners;
    learners.add(1, "UTC");
    learners.attempt(1, "2026-03-10T08:00:00Z");
    learners.pass("2026-03-09T12:00:00Z");
    learners.pass("2026-03-10T12:00:00Z");
    learners.pass("2026-03-14T12:00:00Z");
    CHECK(learners.events(1) == "broken 2026-03-11");
    learners.attempt(1, "2026-03-11T20:00:00Z");
    learners.pass("2026-03-14T13:00:00Z");
    CHECK(learners.streak(1) == 0);
    CHECK(learners.events(1) == "broken 2026-03-12");
}

TEST_CASE("a streak that was broken and begun anew between two passes has been broken") {
    const Learners learners;
    learners.add(1, "UTC");
    learners.pass("2026-03-09T00:00:00Z");
    for (const std::string day : {"09", "10", "11"})
        learners.attempt(1, "2026-03-" + day + "T08:00Z");
    learners.pass("2026-03-11T12:00:00Z");
    learners.attempt(1, "2026-03-14T08:00:00Z");
    learners.pass("2026-03-14T12:00:00Z");
    CHECK(learners.streak(1) == 1);
    CHECK(learners.events(1) == "extended 2026-03-11, broken 2026-03-12");
}

TEST_CASE("milestones are told once, of the day on which they were reached") {
    const Learners learners;
    learners.add(1, "UTC");
    learners.pass("2026-03-01T00:00:00Z");
    for (int day = 1; day <= 9; ++day)
        learners.attempt(1, "2026-03-0" + std::to_string(day) + "T08:00:00Z");
    const streaks::PassRequest request{.milestones = {3, 7, 30}};
    CHECK(learners.pass("2026-03-09T12:00:00Z", request).milestones == 2);
    CHECK(learners.database.query("SELECT string_agg(day || ' ' || length, ', ' ORDER BY day) FROM "
                                  "nightshift.streak_events WHERE kind = 'milestone'") ==
          "2026-03-03 3, 2026-03-07 7");
    CHECK(learners.pass("2026-03-09T13:00:00Z", request).milestones == 0);
}
