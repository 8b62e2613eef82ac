// Whole runs of send-reminders against scripted providers.
#include "notifications/send_scene.hpp"
#include "support/catch.hpp"

using namespace nightshift::test;
using Json = nlohmann::json;

TEST_CASE("a run says what is due on each channel, once, and writes down what came of it") {
    const Sending it;
    it.at_risk(1, true);
    it.at_risk(2);
    it.passes();
    const auto json = it.send_json(evening);
    CHECK(json["exit_code"] == 0);
    CHECK(json["reasons"] == Json{{"accepted", 3}});
    CHECK(json["deliveries"] == 3);
    CHECK(json["cost"] == "0.0145");
    CHECK(json["saved_against_sms"] == "0.0145");
    CHECK(it.asked("fcm").size() == 1);
    CHECK(it.asked("twilio").size() == 1);
    CHECK(it.asked("sendgrid").size() == 1);
    CHECK(it.states() == "accepted 3");
    CHECK(it.database.query(
              "SELECT string_agg(concat_ws(' ', provider, class, provider_id, item, units, cost, "
              "saved), ', ' ORDER BY provider) FROM nightshift.notification_attempts") ==
          "fcm accepted projects/demo/messages/1 push 1 0.00 0.0145, "
          "sendgrid accepted m1 email 1 0.00, twilio accepted SM1 sms/US 1 0.0145");
    const auto again = it.send_json(evening);
    CHECK(again["reasons"] == Json{{"already sent", 2}});
    CHECK(it.server.asked().size() == 4);
    CHECK(it.database.query("SELECT amount FROM nightshift.message_spending") == "0.0145");
}

TEST_CASE("a dry run makes every text, counts every reason, and writes nothing") {
    const Sending it;
    it.at_risk(1, true);
    it.at_risk(2);
    it.learner(3, "UTC", "phone = '+254711000001'");
    it.attempt(3, "2026-11-22T10:00:00Z");
    it.passes();
    const auto before = it.database.query("SELECT last_value FROM nightshift.notification_ids");
    const auto json = it.send_json(evening, {"--dry-run"});
    CHECK(json["exit_code"] == 0);
    CHECK(json["reasons"] == Json{{"eligible", 4}, {"unpriced", 1}});
    CHECK(json["deliveries"] == 5);
    CHECK(json["cost"] == "0.0145");
    CHECK(json["samples"].size() == 4);
    CHECK(json["samples"][0]["to"].get<std::string>().find("+1415") == std::string::npos);
    CHECK(it.server.asked().empty());
    CHECK(it.states().empty());
    CHECK(it.database.query("SELECT last_value FROM nightshift.notification_ids") == before);
    const auto poor = it.send_json(evening, {"--dry-run", "--max-cost", "0.01"});
    CHECK(poor["reasons"] == Json{{"eligible", 3}, {"over budget", 1}, {"unpriced", 1}});
    CHECK(poor["budget"] == "0.01");
    CHECK(poor["spent"] == "0.00");
}

TEST_CASE("a dry run and an explanation know what the day has spent") {
    const Sending it;
    it.at_risk(1);
    it.passes();
    it.database.query("INSERT INTO nightshift.message_spending VALUES (date '" +
                      std::string{evening, 10} + "', 0.04, 'USD')");
    const std::map<std::string, std::string> budget{{"NOTIFY_DAILY_BUDGET", "0.05"}};
    const auto json = it.send_json(evening, {"--dry-run"}, budget);
    CHECK(json["reasons"] == Json{{"eligible", 1}, {"over budget", 1}});
    CHECK(json["spent"] == "0.04");
    CHECK_THAT(it.send(evening, {"--dry-run"}, budget).out,
               ContainsSubstring("of the day's budget of 0.05 USD 0.04 are spent"));
    CHECK(it.send_json(evening, {"--explain", "1"}, budget)["run"]["reasons"] == json["reasons"]);
}

TEST_CASE("the first send from a database shows what it would do, and needs a word") {
    const Sending it;
    it.reviews(3);
    it.database.query("UPDATE nightshift.sending SET confirmed_at = NULL, confirmed_by = NULL");
    const auto first = it.send(morning);
    CHECK(first.exit_code == 77);
    CHECK_THAT(first.out, ContainsSubstring("would send 3 of 3 deliveries"));
    CHECK_THAT(first.err, ContainsSubstring("--yes"));
    CHECK(it.server.asked().empty());
    CHECK(it.states().empty());
    CHECK(it.send(morning, {"--quiet"}).exit_code == 77);
    CHECK(it.send_json(morning)["exit_code"] == 77);  // one document
    CHECK(it.send(morning, {"--yes", "--only-user", "99"}).exit_code == 65);
    CHECK(it.send(morning).exit_code == 77);                           // nothing was sent so
    CHECK(it.send("2026-11-23T05:00:00Z", {"--yes"}).exit_code == 0);  // nor so: nothing is due
    // An allow-list's first send is one of its own.
    const std::map<std::string, std::string> listed{{"NOTIFY_ALLOWLIST", "user:1"}};
    CHECK(it.send(morning, {}, listed).exit_code == 77);
    CHECK(it.send_json(morning, {"--yes"}, listed)["reasons"]["accepted"] == 1);
    CHECK(it.send(morning).exit_code == 77);
    CHECK(it.send(morning, {"--yes", "--limit", "1"}).exit_code == 0);
    CHECK(it.states() == "accepted 2");
    CHECK(it.send(morning).exit_code == 0);
    CHECK(it.states() == "accepted 3");
}

TEST_CASE("outside production only the allow-list is written to") {
    const Sending it;
    it.reviews(3);
    const std::map<std::string, std::string> unset{{"ENVIRONMENT", ""}};
    CHECK(it.send_json(morning, {}, unset)["reasons"] == Json{{"not on the allow-list", 3}});
    auto listed = unset;
    listed["NOTIFY_ALLOWLIST"] = "L2@Example.test, user:3";
    CHECK(it.send_json(morning, {}, listed)["reasons"] ==
          Json{{"accepted", 2}, {"not on the allow-list", 1}});
    CHECK(it.asked("sendgrid").size() == 2);
    // What waits in the outbox is held back too.
    it.database.query(
        "UPDATE nightshift.notification_deliveries SET state = 'pending', settled_at = NULL");
    CHECK(it.send_json(morning, {}, unset)["left"] == 2);
    CHECK(it.asked("sendgrid").size() == 2);
}

TEST_CASE("a retry is made in the run where it falls due soon, and a last one is out of retries") {
    std::atomic<int> asked{0};
    const Sending it{[&](const auto& which, const auto& each) -> HttpAnswer {
        if (++asked == 1) return {.status = 429, .headers = {"Retry-After: 1"}};
        return Sending::succeed(which, each);
    }};
    it.reviews(1);
    const auto json = it.send_json(morning);
    CHECK(json["reasons"] == Json{{"accepted", 1}});
    CHECK(json["calls"] == 2);
    CHECK(json["troubles"][0]["class"] == "retry");
    CHECK(
        it.database.query("SELECT string_agg(attempt || ' ' || class, ', ' ORDER BY attempt) FROM "
                          "nightshift.notification_attempts") == "1 retry, 2 accepted");

    const Sending never{[](const auto&, const auto&) { return HttpAnswer{.status = 503}; }};
    never.reviews(1);
    never.database.query("UPDATE nightshift.sending SET installed_at = '2020-01-01Z'");
    CHECK(never.send(morning).exit_code == 69);  // left alone after five in a row, tried once more
    CHECK(never.asked("sendgrid").size() == 6);
    never.database.query(
        "UPDATE nightshift.notification_deliveries SET retries = 20, not_before = '2026-11-23Z'");
    const auto last = never.send(morning);
    INFO(last.err);
    CHECK(last.exit_code == 2);
    CHECK(never.states() == "failed 1");
}

TEST_CASE("a Retry-After beyond the run's patience waits for the next run") {
    const Sending it{[](const auto&, const auto&) {
        return HttpAnswer{.status = 429, .headers = {"Retry-After: 600"}};
    }};
    it.reviews(1);
    const auto json = it.send_json(morning);
    CHECK(json["exit_code"] == 69);
    CHECK(json["left"] == 1);
    CHECK(json["deliveries"] == 1);
    CHECK(it.states() == "pending 1");
    CHECK(it.send_json("2026-11-23T08:10:00Z")["calls"] == 0);
    CHECK(it.send_json("2026-11-23T08:16:00Z")["calls"] == 1);
    CHECK(it.send_json("2026-11-23T10:00:00Z")["reasons"] == Json{{"expired", 1}});
    CHECK(it.states() == "skipped expired 1");
}

TEST_CASE("a dead device is disabled once, with evidence, and an e-mail says it instead") {
    const Sending it{[](const auto& which, const auto& asked) -> HttpAnswer {
        if (which != "fcm") return Sending::succeed(which, asked);
        return {.status = 404,
                .body = R"({"error":{"code":404,"status":"NOT_FOUND","message":"gone","details":)"
                        R"([{"@type":"type.googleapis.com/google.firebase.fcm.v1.FcmError",)"
                        R"("errorCode":"UNREGISTERED"}]}})"};
    }};
    it.learner(1);
    it.due(1, 5);
    it.device(1, "dead-a");
    it.device(1, "dead-b");
    it.learner(2, "UTC", "email = NULL");
    it.due(2, 5);
    it.device(2, "dead-c");
    const auto json = it.send_json(morning);
    CHECK(json["exit_code"] == 0);
    CHECK(json["reasons"] == Json{{"accepted", 1}, {"dead", 3}, {"no address", 1}});
    CHECK(json["fallbacks"] == 2);
    CHECK(json["deliveries"] == 5);
    CHECK(it.asked("sendgrid").size() == 1);
    CHECK(
        it.database.query("SELECT string_agg(DISTINCT disabled_reason, ',') || count(disabled_at) "
                          "FROM device_tokens") == "fcm UNREGISTERED3");
    CHECK(it.send_json("2026-11-24T08:05:00Z")["reasons"] ==
          Json{{"accepted", 1}, {"no address", 1}});
    CHECK(it.asked("fcm").size() == 3);
}

TEST_CASE("who says STOP at the provider is never written to there again") {
    const Sending it{[](const auto& which, const auto& asked) -> HttpAnswer {
        if (which != "twilio") return Sending::succeed(which, asked);
        return {.status = 400, .body = R"({"code":21610,"message":"STOP by +14155551001"})"};
    }};
    it.at_risk(1);
    it.passes();
    const auto first = it.send_json(evening);
    CHECK(first["exit_code"] == 0);
    CHECK(first["reasons"] == Json{{"accepted", 1}, {"suppressed", 1}});
    CHECK(first["troubles"][0]["example"] == "STOP by …1001");
    CHECK(first["cost"] == "0.00");
    CHECK(it.database.query("SELECT concat_ws(' ', channel, address, reason, evidence) FROM "
                            "nightshift.suppressions") ==
          "sms +14155551001 suppressed twilio 21610");
    it.attempt(1, "2026-11-23T20:00:00Z");
    it.pass("2026-11-24T18:30:00Z");
    CHECK(it.send_json("2026-11-24T19:05:00Z")["reasons"] ==
          Json{{"accepted", 1}, {"suppressed", 1}});
    CHECK(it.asked("twilio").size() == 1);
}

TEST_CASE("credentials that are refused end that provider's sending, and burn nothing") {
    const Sending it{[](const auto& which, const auto& asked) -> HttpAnswer {
        if (which != "sendgrid") return Sending::succeed(which, asked);
        return {.status = 401, .body = R"({"errors":[{"message":"bad key","field":null}]})"};
    }};
    it.reviews(500);
    it.learner(501);
    it.due(501, 5);
    it.device(501, "token");
    const auto finished = it.send(morning);
    CHECK(finished.exit_code == 78);
    CHECK_THAT(finished.err, ContainsSubstring("sendgrid refused us"));
    CHECK_THAT(finished.err, ContainsSubstring("bad key"));
    CHECK(it.asked("sendgrid").size() <= 64);
    CHECK(it.states() == "accepted 1, pending 500");
    CHECK(it.database.query("SELECT max(retries) FROM nightshift.notification_deliveries") == "0");
}

TEST_CASE("a country that is not enabled stops for itself alone") {
    const Sending it{[](const auto& which, const auto& asked) -> HttpAnswer {
        if (which == "twilio" && asked.body.find("To=%2B1514") != std::string::npos)
            return {.status = 400, .body = R"({"code":21408,"message":"not enabled"})"};
        return Sending::succeed(which, asked);
    }};
    for (int id = 1; id <= 6; ++id) {
        it.at_risk(id);
        if (id <= 3)
            it.database.query("UPDATE users SET phone = '+1514555010" + std::to_string(id) +
                              "' WHERE id = " + std::to_string(id));
    }
    it.passes();
    const auto json = it.send_json(evening, {}, {{"TWILIO_CONCURRENCY", "1"}});
    CHECK(json["exit_code"] == 78);
    CHECK(json["closed"] == Json{"sms/CA"});
    CHECK(json["reasons"] == Json{{"accepted", 9}});
    CHECK(json["left"] == 3);
    CHECK(it.asked("twilio").size() == 4);
}

TEST_CASE("a day's budget is never gone over, and what is left ends as over budget") {
    const Sending it;
    for (int id = 1; id <= 10; ++id) it.at_risk(id);
    it.passes();
    // 0.0145 each: three fit.
    const auto json = it.send_json(evening, {}, {{"NOTIFY_DAILY_BUDGET", "0.05 USD"}});
    CHECK(json["exit_code"] == 77);
    CHECK(json["reasons"] == Json{{"accepted", 13}, {"over budget", 7}});
    CHECK(json["cost"] == "0.0435");
    CHECK(it.asked("twilio").size() == 3);
    CHECK(it.database.query("SELECT amount FROM nightshift.message_spending") == "0.0435");
    CHECK(it.send(evening, {}, {{"NOTIFY_DAILY_BUDGET", "0.05 EUR"}}).exit_code == 78);
    CHECK(it.send(evening, {"--max-cost", "much"}).exit_code == 64);
}

TEST_CASE("no SMS goes out without a provider and a budget") {
    const Sending it;
    it.at_risk(1);
    it.passes();
    const auto unset = it.send(evening, {}, {{"NOTIFY_DAILY_BUDGET", ""}});
    CHECK(unset.exit_code == 0);
    CHECK_THAT(unset.err, ContainsSubstring("NOTIFY_DAILY_BUDGET is not set"));
    CHECK(it.states() == "accepted 1, skipped not set up 1");
    CHECK(it.asked("twilio").empty());
    CHECK(it.send(evening, {}, {{"SMS_PROVIDER", "pigeon"}}).exit_code == 78);
}

TEST_CASE("what has changed since the plan is seen when it is sent") {
    const Sending it;
    for (int id = 1; id <= 5; ++id) {
        it.learner(id);
        it.due(id, 5);
        it.wish(id, "all", "sms", true, "'20:00', '08:30', NULL");
    }
    CHECK(it.send_json(morning)["left"] == 5);
    it.wish(1, "reminders", "email", false);
    it.database.query(
        "DELETE FROM review_items WHERE user_id = 2;"
        "DELETE FROM users WHERE id = 3;"
        "INSERT INTO nightshift.suppressions VALUES ('email', 'l4@example.test', 'unsubscribed', "
        "'', now())");
    const auto json = it.send_json("2026-11-23T08:35:00Z");
    CHECK(json["reasons"] == Json{{"accepted", 1},
                                  {"already sent", 3},
                                  {"no longer due", 2},
                                  {"opted out", 1},
                                  {"suppressed", 1}});
    CHECK(it.asked("sendgrid").size() == 1);
}

TEST_CASE("quiet hours that begin before a message is sent put it off") {
    const Sending it;
    it.reviews(1);
    it.database.query("UPDATE users SET timezone = 'UTC'");
    const std::map<std::string, std::string> none{{"EMAIL_PROVIDER", "smtp"},
                                                  {"SMTP_URL", "smtp://127.0.0.1:1"},
                                                  {"EMAIL_FROM", "coach@app.test"}};
    CHECK(it.send("2026-11-23T08:01:00Z", {}, none).exit_code == 69);
    it.wish(1, "all", "all", true, "'08:30', '09:30', NULL");
    it.database.query(
        "UPDATE nightshift.notification_deliveries SET retries = 0, not_before = '2026-11-23Z'");
    CHECK(it.send_json("2026-11-23T08:40:00Z")["left"] == 1);
    CHECK(it.database.query("SELECT not_before AT TIME ZONE 'UTC' FROM "
                            "nightshift.notification_deliveries") == "2026-11-23 09:30:00");
    CHECK(it.send_json("2026-11-23T09:31:00Z")["reasons"]["accepted"] == 1);
}
