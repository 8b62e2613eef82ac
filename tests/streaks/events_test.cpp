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

TEST_CASE("a break says what was lost, though days were added before it") {
    const Learners learners;
    learners.add(1, "UTC");
    learners.pass("2026-11-01T00:00:00Z");
    for (const std::string day : {"01", "02", "03"})
        learners.attempt(1, "2026-11-" + day + "T10:00:00Z");
    learners.pass("2026-11-03T12:00:00Z");
    for (const std::string day : {"04", "05"}) learners.attempt(1, "2026-11-" + day + "T10:00:00Z");
    learners.pass("2026-11-08T12:00:00Z");
    CHECK(learners.events(1) == "extended 2026-11-03, broken 2026-11-06");
    CHECK(learners.database.query("SELECT length FROM nightshift.streak_events WHERE kind = "
                                  "'broken'") == "5");
}

TEST_CASE("a streak that was begun anew is told as broken, however long the new one is") {
    const Learners learners;
    learners.add(1, "UTC");
    learners.pass("2026-11-01T00:00:00Z");
    for (const std::string day : {"01", "02"}) learners.attempt(1, "2026-11-" + day + "T10:00:00Z");
    learners.pass("2026-11-02T12:00:00Z");
    for (const std::string day : {"05", "06", "07"})
        learners.attempt(1, "2026-11-" + day + "T10:00:00Z");
    learners.pass("2026-11-07T12:00:00Z");
    CHECK(learners.events(1) == "extended 2026-11-02, broken 2026-11-03, extended 2026-11-07");
}

TEST_CASE("a milestone is told once a streak, though late attempts move its day") {
    const Learners learners;
    learners.add(1, "UTC");
    learners.pass("2026-11-01T00:00:00Z");
    for (int day = 3; day <= 9; ++day)
        learners.attempt(1, "2026-11-0" + std::to_string(day) + "T10:00:00Z");
    learners.pass("2026-11-09T12:00:00Z");
    learners.database.query("UPDATE nightshift.streak_events SET told_at = now()");
    learners.pass("2026-11-11T12:00:00Z");
    for (const std::string day : {"02", "10"}) learners.attempt(1, "2026-11-" + day + "T10:00:00Z");
    learners.pass("2026-11-11T13:00:00Z");
    CHECK(learners.streak(1) == 9);
    CHECK(learners.database.query("SELECT string_agg(day::text, ' ') FROM nightshift.streak_events "
                                  "WHERE kind = 'milestone'") == "2026-11-09");
}

TEST_CASE("a rebuild forgets a break that nobody was told of and that was none") {
    const Learners learners;
    learners.add(1, "UTC");
    learners.pass("2026-11-01T00:00:00Z");
    for (const std::string day : {"03", "04"}) learners.attempt(1, "2026-11-" + day + "T10:00:00Z");
    learners.pass("2026-11-04T12:00:00Z");
    learners.pass("2026-11-06T12:00:00Z");
    learners.attempt(1, "2026-11-05T10:00:00Z");
    learners.pass("2026-11-06T13:00:00Z", {.rebuild = true});
    CHECK(learners.streak(1) == 3);
    CHECK(learners.events(1) == "extended 2026-11-04");
}

TEST_CASE("a late attempt on the missed day moves the break, though a new streak was begun") {
    const Learners learners;
    learners.add(1, "Europe/London");
    learners.pass("2026-03-01T12:00:00Z");
    for (const std::string day : {"02", "03"}) {
        learners.attempt(1, "2026-03-" + day + "T10:00:00Z");
        learners.pass("2026-03-" + day + "T12:00:00Z");
    }
    learners.pass("2026-03-05T12:00:00Z");
    const std::string before = "extended 2026-03-03, broken ";
    CHECK(learners.events(1) == before + "2026-03-04");
    learners.attempt(1, "2026-03-07T10:00:00Z");
    learners.pass("2026-03-07T12:00:00Z");
    learners.attempt(1, "2026-03-04T10:00:00Z");
    learners.pass("2026-03-07T13:00:00Z");
    CHECK(learners.streak(1) == 1);
    CHECK(learners.events(1) == before + "2026-03-05");
    CHECK(learners.database.query("SELECT length FROM nightshift.streak_events WHERE kind = "
                                  "'broken'") == "3");
    learners.pass("2026-03-07T14:00:00Z");
    CHECK(learners.events(1) == before + "2026-03-05");
    // And told, it stays.
    learners.database.query("UPDATE nightshift.streak_events SET told_at = now()");
    learners.attempt(1, "2026-03-05T10:00:00Z");
    learners.pass("2026-03-07T15:00:00Z");
    CHECK(learners.events(1) == before + "2026-03-05");
}
