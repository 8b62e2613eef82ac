#include "notifications/breaker.hpp"

#include "support/catch.hpp"

using namespace nightshift::notifications;
using namespace std::chrono_literals;

TEST_CASE("a breaker opens after failures in a row, tries one, and closes again") {
    Breaker breaker;
    Breaker::Clock::time_point now{1h};
    const auto note = [&](Class outcome) { breaker.note({.outcome = outcome}, now); };
    for (int i = 0; i < 4; ++i) note(Class::retry);
    note(Class::dead);  // says nothing against the provider
    for (int i = 0; i < 4; ++i) note(Class::unknown);
    CHECK(breaker.room(3, 10, now) == 7);
    note(Class::retry);
    CHECK(breaker.is_open(now));
    CHECK(breaker.room(0, 10, now) == 0);
    note(Class::retry);  // was on the wire
    now += 11s;
    CHECK_FALSE(breaker.is_open(now));
    CHECK(breaker.room(0, 10, now) == 1);  // half open
    CHECK(breaker.room(1, 10, now) == 0);
    note(Class::retry);
    CHECK(breaker.is_open(now + 19s));  // twice as long
    now += 21s;
    note(Class::accepted);
    CHECK(breaker.room(0, 10, now) == 10);
    CHECK_FALSE(breaker.is_broken());
}

TEST_CASE("a provider that says twice when to come back is taken at its word") {
    Breaker breaker;
    const Breaker::Clock::time_point now{1h};
    breaker.note({.outcome = Class::retry, .retry_after = 40s}, now);
    CHECK_FALSE(breaker.is_open(now));  // it may be one device's
    breaker.note({.outcome = Class::retry, .retry_after = 40s}, now);
    CHECK(breaker.is_open(now + 39s));
    CHECK(breaker.room(0, 10, now + 41s) == 10);
}

TEST_CASE("what is ours to mend opens a breaker for good, but for a country's") {
    Breaker breaker;
    const Breaker::Clock::time_point now{1h};
    breaker.note({.outcome = Class::config, .is_of_country = true}, now);
    CHECK(breaker.room(0, 10, now) == 10);
    breaker.note({.outcome = Class::config}, now);
    CHECK(breaker.is_broken());
    CHECK(breaker.room(0, 10, now + 24h) == 0);
}
