#include "notifications/plan_scene.hpp"
#include "support/catch.hpp"
#include "support/expect.hpp"

using namespace nightshift;
using namespace nightshift::notifications;
using namespace nightshift::test;

TEST_CASE("a review is due at eight by the learner's clock, for two hours, with five items") {
    const Audience audience;
    audience.learner(1, "Africa/Nairobi");  // UTC+3
    audience.due(1, 5);
    audience.learner(2, "Africa/Nairobi");
    audience.due(2, 4);
    audience.learner(3, "America/New_York");
    audience.due(3, 9);
    CHECK(audience.preview(Audience::request("2026-11-23T04:59:59Z")).empty());
    CHECK(audience.preview(Audience::request("2026-11-23T05:00:00Z")) == "review email 1");
    CHECK(audience.preview(Audience::request("2026-11-23T06:59:59Z")) == "review email 1");
    CHECK(audience.preview(Audience::request("2026-11-23T07:00:00Z")).empty());
    CHECK(audience.preview(Audience::request("2026-11-23T13:30:00Z")) == "review email 1");
    auto request = Audience::request("2026-11-23T05:00:00Z");
    request.min_due = 4;
    CHECK(audience.preview(request) == "review email 2");
    request.only_user = "2";
    CHECK(audience.preview(request) == "review email 1");
    CHECK(audience.deliveries().empty());
}

TEST_CASE("a plan is written once, however often it is made") {
    const Audience audience;
    audience.learner(1);
    audience.due(1, 5);
    CHECK(audience.plan("2026-11-23T08:00:00Z") == "review email 1");
    CHECK(audience.deliveries() == "review 2026-11-23 email l1@example.test pending");
    CHECK(audience.plan("2026-11-23T08:15:00Z") == "review already sent 1");
    CHECK(audience.plan("2026-11-24T08:15:00Z") == "review email 1");
    CHECK(audience.database.query(
              "SELECT concat_ws(' ', locale, zone, variables, notification_id) FROM "
              "nightshift.notifications WHERE occasion = '2026-11-23'") ==
          R"(en UTC {"due": "5", "name": "Learner 1"} 1)");
}

TEST_CASE("a preferred hour moves the review's slot, past midnight too") {
    const Audience audience;
    audience.learner(1);
    audience.due(1, 5);
    audience.wish(1, "reminders", "push", true, "NULL, NULL, 23");
    CHECK(audience.preview(Audience::request("2026-11-23T08:30:00Z")).empty());
    CHECK(audience.plan("2026-11-24T00:30:00Z") == "review email 1");
    CHECK(audience.deliveries() == "review 2026-11-23 email l1@example.test pending");
    // Hours that are quiet by default do not count against an hour that was chosen.
    CHECK(audience.database.query("SELECT not_before FROM nightshift.notification_deliveries")
              .starts_with("2026-11-23 23:00"));
    audience.wish(1, "all", "email", true, "'22:00', '07:00', 8");
    CHECK(audience.plan("2026-11-24T23:30:00Z") == "review email quiet hours 1");
}

TEST_CASE("quiet hours put a message off to their end, across midnight, or keep it") {
    const Audience audience;
    audience.learner(1);
    audience.due(1, 5);
    audience.wish(1, "all", "email", true, "'20:00', '09:30', NULL");
    audience.learner(2);
    audience.due(2, 5);
    audience.wish(2, "all", "email", true, "'20:00', '10:00', NULL");
    audience.learner(3);
    audience.due(3, 5);
    audience.wish(3, "all", "email", true, "'08:00', '08:00', NULL");  // none
    CHECK(audience.plan("2026-11-23T08:15:00Z") == "review email 2, review email quiet hours 1");
    CHECK(audience.database.query(
              "SELECT string_agg(to_char(not_before AT TIME ZONE 'UTC', 'HH24:MI'), ' ' ORDER BY "
              "user_id) FROM nightshift.notification_deliveries") == "09:30 10:00 08:00");
}

TEST_CASE("an app with a live device gets pushes, others e-mail, and SMS where it is urgent") {
    const Audience audience;
    audience.learner(1);
    audience.device(1, "live-a");
    audience.device(1, "live-b");
    audience.device(1, "stale", "now() - interval '300 days'");
    audience.learner(2);
    audience.device(2, "old", "now() - interval '300 days'");
    audience.learner(3, "UTC", "phone = '0711', email = 'nobody'");
    audience.learner(4);
    audience.device(4, "gone");
    audience.database.query(
        "UPDATE device_tokens SET disabled_at = now() WHERE token = 'gone';"
        "UPDATE device_tokens SET provider = 'apns' WHERE token = 'live-b'");
    audience.device(1, "live-c");
    for (const int id : {1, 2, 3, 4}) audience.attempt(id, "2026-11-22T10:00:00Z");
    audience.pass("2026-11-22T12:00:00Z");
    audience.pass("2026-11-23T18:30:00Z");
    CHECK(audience.plan("2026-11-23T19:10:00Z") ==
          "streak_at_risk email 2, streak_at_risk email no address 1, "
          "streak_at_risk push 2, streak_at_risk push stale token 2, "
          "streak_at_risk sms 2, streak_at_risk sms no address 1");
    CHECK(audience.plan("2026-11-23T19:25:00Z") == "streak_at_risk already sent 4");
}

TEST_CASE("who has learned today is not at risk, and a streak not judged today is not known") {
    const Audience audience;
    for (const int id : {1, 2}) {
        audience.learner(id);
        audience.attempt(id, "2026-11-22T10:00:00Z");
    }
    audience.pass("2026-11-22T12:00:00Z");
    CHECK(audience.preview(Audience::request("2026-11-23T19:10:00Z")).empty());
    audience.pass("2026-11-23T00:30:00Z");
    audience.attempt(2, "2026-11-23T19:05:00Z");  // not taken in by any pass
    CHECK(audience.preview(Audience::request("2026-11-23T19:10:00Z")) ==
          "streak_at_risk email 1, streak_at_risk sms 1");
}

TEST_CASE("an opt-out silences its channel, for a category, for all, or under an unknown one") {
    const Audience audience;
    for (int id = 1; id <= 5; ++id) {
        audience.learner(id);
        audience.due(id, 5);
    }
    audience.wish(1, "reminders", "email", false);
    audience.wish(2, "all", "all", false);
    audience.wish(3, "marketing", "email", false);
    audience.wish(4, "results", "email", false);
    audience.wish(5, "reminders", "push", false);
    const auto connection = audience.database.connect();
    const auto reader = audience.database.connect();
    const auto made = preview(*connection, *reader, Templates{},
                              Audience::request("2026-11-23T08:00:00Z"), [](const auto&) {});
    CHECK(Audience::text_of(made) == "review email 2, review email opted out 3");
    CHECK(made.unknown_categories == std::vector<std::string>{"marketing"});
}

TEST_CASE(
    "a suppressed address, one not on the allow-list and a channel without provider get nothing") {
    const Audience audience;
    for (const int id : {1, 2, 3}) {
        audience.learner(id);
        audience.due(id, 5);
    }
    audience.database.query(
        "INSERT INTO nightshift.suppressions VALUES ('email', 'l1@example.test', 'unsubscribed', "
        "'', now());"
        "UPDATE users SET email = 'L1@Example.test' WHERE id = 1");
    auto request = Audience::request("2026-11-23T08:00:00Z");
    request.allowed = {"user:2", "@elsewhere.test"};
    CHECK(audience.plan(request) ==
          "review email 1, review email not on the allow-list 1, review email suppressed 1");
    CHECK(audience.deliveries() ==
          "review 2026-11-23 email L1@Example.test skipped suppressed, "
          "review 2026-11-23 email l2@example.test pending");
    request = Audience::request("2026-11-23T08:15:00Z");
    request.set_up = {Channel::push};
    CHECK(audience.plan(request) == "review already sent 2, review email not set up 1");
}

TEST_CASE("nothing that fell due before the installation is planned") {
    const Audience audience;
    audience.learner(1);
    audience.due(1, 5);
    audience.database.query("UPDATE nightshift.sending SET installed_at = '2026-11-23T08:05:00Z'");
    CHECK(audience.preview(Audience::request("2026-11-23T08:30:00Z")).empty());
    CHECK(audience.preview(Audience::request("2026-11-24T08:30:00Z")) == "review email 1");
}

TEST_CASE("a broken streak and a milestone are told the next morning, the latest of each kind") {
    const Audience audience;
    audience.learner(1, "Asia/Tokyo");
    for (int day = 10; day <= 16; ++day)
        audience.attempt(1, "2026-11-" + std::to_string(day) + "T03:00:00Z");
    audience.pass("2026-11-09T12:00:00Z");
    audience.pass("2026-11-16T12:00:00Z");  // 21:00 in Tokyo: seven days
    CHECK(audience.preview(Audience::request("2026-11-16T22:59:00Z")).empty());
    CHECK(audience.plan("2026-11-16T23:00:00Z") == "milestone email 1");
    audience.pass("2026-11-17T16:00:00Z");  // 01:00 in Tokyo, on the 18th
    CHECK(audience.plan("2026-11-17T23:05:00Z") == "streak_broken email 1");
    CHECK(audience.deliveries() ==
          "milestone 2026-11-16/7 email l1@example.test pending, "
          "streak_broken 2026-11-17 email l1@example.test pending");
    CHECK(audience.preview(Audience::request("2026-11-18T23:00:00Z")).empty());
    audience.database.query("DELETE FROM nightshift.notifications");
    audience.attempt(1, "2026-11-17T22:00:00Z");  // begun anew before breakfast
    CHECK(audience.preview(Audience::request("2026-11-17T23:05:00Z")) ==
          "streak_broken no longer due 1");
}

TEST_CASE("of several of one kind for one learner the latest is said") {
    const Audience audience;
    audience.learner(1);
    audience.database.query(
        "INSERT INTO nightshift.streak_events (user_id, day, kind, length, seen_at) VALUES "
        "(1, '2026-11-19', 'milestone', 7, '2026-11-22T20:00:00Z'), "
        "(1, '2026-11-21', 'milestone', 30, '2026-11-22T20:00:00Z')");
    CHECK(audience.plan("2026-11-23T08:10:00Z") ==
          "milestone email 1, milestone email collapsed 1");
    CHECK(audience.deliveries() ==
          "milestone 2026-11-19/7 email l1@example.test skipped collapsed, "
          "milestone 2026-11-21/30 email l1@example.test pending");
}

TEST_CASE("the week's result goes to who was ranked at its close, by what was kept") {
    const Audience audience;
    audience.learner(1, "Europe/Berlin");
    audience.learner(2, "Pacific/Auckland");
    audience.database.query(
        "INSERT INTO nightshift.board_closings VALUES ('weekly/2026-W47', '2026-11-22T23:00:00Z', "
        "now(), 'X', 2, '{}', 'x');"
        "INSERT INTO nightshift.closing_ranks VALUES ('weekly/2026-W47', 1, 1, 40, 37), "
        "('weekly/2026-W47', 2, 2, 3, 2)");
    // 08:00 in Berlin is 07:00 UTC; Auckland's first one after the close is at 19:00 UTC.
    std::string said;
    CHECK(audience.preview(Audience::request("2026-11-23T07:00:00Z"),
                           [&](const PlannedMessage& each) {
                               said = each.user_id + " " + each.values.at("rank") + " " +
                                      each.values.at("attempts") + " " + each.values.at("accuracy");
                           }) == "weekly_result email 1");
    CHECK(said == "1 1 40 92.5");
    CHECK(audience.preview(Audience::request("2026-11-23T19:00:00Z")) == "weekly_result email 2");
    CHECK(audience.preview(Audience::request("2026-11-24T07:00:00Z")) == "weekly_result email 1");
    CHECK(audience.preview(Audience::request("2026-11-24T19:00:00Z")).empty());
}

TEST_CASE("the month's report ranks the month that is over, once") {
    const Audience audience;
    audience.learner(1, "Europe/Berlin");
    audience.learner(2, "Pacific/Kiritimati");  // UTC+14
    audience.attempt(1, "2026-10-31T23:59:59Z");
    audience.attempt(1, "2026-11-01T00:00:00Z");
    audience.attempt(2, "2026-10-01T00:00:00Z");
    audience.attempt(2, "2026-10-02T00:00:00Z");
    CHECK(audience.preview(Audience::request("2026-11-01T06:59:00Z")).empty());
    std::string said;
    CHECK(audience.preview(Audience::request("2026-11-01T07:00:00Z"),
                           [&](const PlannedMessage& each) {
                               said = each.user_id + " " + each.values.at("month") + " " +
                                      each.values.at("rank") + " " + each.values.at("attempts");
                           }) == "monthly_report email 1");
    CHECK(said == "1 October 2026 2 1");
    CHECK(audience.database.query("SELECT count(*) FROM nightshift.board_closings") == "0");
    CHECK(audience.plan("2026-11-01T18:00:00Z") == "monthly_report email 2");
    CHECK(audience.database.query("SELECT closing || users FROM nightshift.board_closings") ==
          "monthly/2026-102");
    CHECK(audience.plan("2026-11-06T18:00:00Z") == "monthly_report already sent 2");
    CHECK(audience.plan("2026-11-20T18:00:00Z").empty());
}

TEST_CASE("nobody gets more than so many in a day, and a run sends no more than it may") {
    const Audience audience;
    for (const int id : {1, 2, 3}) {
        audience.learner(id);
        audience.due(id, 5);
        audience.database.query(
            "INSERT INTO nightshift.streak_events (user_id, day, kind, length, seen_at) SELECT " +
            std::to_string(id) +
            ", '2026-11-22', kind, 7, '2026-11-22T20:00:00Z' FROM unnest('{milestone, "
            "broken}'::text[]) AS kind");
    }
    auto request = Audience::request("2026-11-23T08:00:00Z");
    request.user_cap = 2;
    request.only_user = "1";
    CHECK(audience.plan(request) ==
          "milestone email capped 1, review email 1, streak_broken email 1");
    request.only_user = "";
    request.limit = 1;
    request.user_cap = 3;
    CHECK(audience.plan(request) ==
          "milestone email capped 3, review already sent 1, review email 1, review email capped 1, "
          "streak_broken already sent 1, streak_broken email capped 2");
    // What was capped is not lost.
    request.limit.reset();
    CHECK(audience.plan(request) ==
          "milestone email 3, review already sent 2, review email 1, streak_broken already sent 1, "
          "streak_broken email 2");
}

TEST_CASE("a value that is missing is rejected when it is planned") {
    const Audience audience;
    audience.learner(1);
    audience.due(1, 5);
    audience.database.query(
        "ALTER TABLE users ALTER name DROP NOT NULL; UPDATE users SET name = NULL");
    CHECK(audience.plan("2026-11-23T08:00:00Z") == "review rejected 1");
    CHECK(audience.deliveries() == "review 2026-11-23 rejected a value is missing");
}

TEST_CASE("slots on the nights when clocks change: a gap's end, and once in an overlap") {
    const Audience audience;
    const auto zones = {std::pair{"America/New_York", 2},
                        {"Australia/Lord_Howe", 2},
                        {"Africa/Cairo", 0},
                        {"Antarctica/Troll", 2}};
    int id = 0;
    for (const auto& [zone, hour] : zones) {
        audience.learner(++id, zone);
        audience.due(id, 5);
        audience.wish(id, "all", "email", true, "NULL, NULL, " + std::to_string(hour));
    }
    const auto slots = [&](const std::string& as_of) {
        audience.plan(as_of);
        return audience.database.query(
            "SELECT string_agg(user_id || ' ' || to_char(slot_at AT TIME ZONE 'UTC', 'DD HH24:MI') "
            "|| ' ' || occasion, ', ' ORDER BY user_id, slot_at) FROM nightshift.notifications");
    };
    // New York, 8 March 2026: from 02:00 to 03:00, which is 07:00 UTC.
    CHECK(audience.preview(Audience::request("2026-03-08T06:59:59Z")).empty());
    CHECK(slots("2026-03-08T07:00:00Z") == "1 08 07:00 2026-03-08");
    // 1 November: 02:00 is after the overlap; a slot at one would come twice.
    audience.database.query(
        "UPDATE notification_preferences SET preferred_hour = 1 WHERE user_id = 1");
    slots("2026-11-01T05:30:00Z");
    CHECK(slots("2026-11-01T06:30:00Z") == "1 08 07:00 2026-03-08, 1 01 06:00 2026-11-01");
    // Lord Howe, 4 October: half an hour, from 02:00 to 02:30, which is 15:30 UTC.
    slots("2026-10-03T15:30:00Z");
    // Cairo, 24 April: midnight does not exist; 01:00 is 22:00 UTC.
    slots("2026-04-23T22:00:00Z");
    // Troll, 29 March: from 01:00 to 03:00, which is 01:00 UTC.
    slots("2026-03-29T01:00:00Z");
    CHECK(slots("2026-03-29T01:00:00Z") ==
          "1 08 07:00 2026-03-08, 1 01 06:00 2026-11-01, 2 03 15:30 2026-10-04, "
          "3 23 22:00 2026-04-24, 4 29 01:00 2026-03-29");
}
