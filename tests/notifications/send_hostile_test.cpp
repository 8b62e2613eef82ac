// Runs that are killed, stopped, doubled or given what is wrong.
#include "notifications/send_scene.hpp"
#include "support/catch.hpp"
#include "support/expect.hpp"

#include <csignal>

using namespace nightshift::test;
using Json = nlohmann::json;
using Then = HttpAnswer::Then;

TEST_CASE("an answer that never comes is unknown, and the message never sent again") {
    const Sending it{[](const auto&, const auto&) {
        return HttpAnswer{.then = Then::close, .says_nothing = true};
    }};
    it.reviews(1);
    const auto json = it.send_json(morning);
    CHECK(json["exit_code"] == 2);
    CHECK(json["reasons"] == Json{{"unknown", 1}});
    it.send(morning);
    CHECK(it.asked("sendgrid").size() == 1);
}

TEST_CASE("killed between sending and recording, nobody gets a second message") {
    std::atomic<int> asked{0};
    const Sending it{[&](const auto& which, const auto& each) -> HttpAnswer {
        if (++asked <= 40) return Sending::succeed(which, each);
        return {.then = Then::hang, .says_nothing = true};
    }};
    it.reviews(300);
    Background run{it.spawn(morning)};
    REQUIRE(eventually([&] { return asked > 60; }));
    run.signal(SIGKILL);
    run.wait();
    const auto in_doubt = std::stoi(it.database.query(
        "SELECT count(*) FROM nightshift.notification_deliveries WHERE state = 'sending'"));
    CHECK(in_doubt > 0);
    CHECK(in_doubt <= 200);
    asked = -1000;  // well again
    // Whose lease has not ended may still be at work.
    CHECK(it.send_json(morning)["left"] == in_doubt);
    it.database.query(
        "UPDATE nightshift.notification_deliveries SET lease_until = now() - interval '1 second' "
        "WHERE state = 'sending'");
    const auto json = it.send_json(morning);
    CHECK(json["exit_code"] == 2);
    CHECK(json["reasons"]["unknown"] == in_doubt);
    CHECK(json["left"] == 0);
    std::set<std::string> bodies;
    for (const auto& each : it.asked("sendgrid")) bodies.insert(each.body);
    CHECK(bodies.size() == it.asked("sendgrid").size());
    CHECK(
        it.database.query("SELECT count(*) FROM nightshift.notification_deliveries WHERE state IN "
                          "('accepted', 'unknown')") == "300");
}

TEST_CASE("a stop lets what is on the wire end, and keeps the rest for the next run") {
    std::atomic<int> asked{0};
    const Sending it{Sending::slowly(asked, std::chrono::milliseconds{300})};
    it.reviews(400);
    Background run{it.spawn(morning)};
    REQUIRE(eventually([&] { return asked > 40; }));
    run.signal(SIGTERM);
    CHECK(run.wait() == 143);
    const auto accepted = std::stoi(it.database.query(
        "SELECT count(*) FROM nightshift.notification_deliveries WHERE state = 'accepted'"));
    CHECK(accepted == asked);
    CHECK(it.database.query("SELECT count(*) FROM nightshift.notification_deliveries WHERE state = "
                            "'pending'") == std::to_string(400 - accepted));
    CHECK(it.database.query("SELECT state FROM nightshift.job_runs") == "stopped");
    CHECK(it.send(morning).exit_code == 0);
    CHECK(it.states() == "accepted 400");
    CHECK(asked == 400);
}

TEST_CASE("two processes on one outbox send nothing twice") {
    const Sending it;
    it.reviews(600);
    Background all{it.spawn(morning)};
    Background one{it.spawn(morning, {"--kind", "review"})};
    CHECK(all.wait() == 0);
    CHECK(one.wait() == 0);
    std::set<std::string> bodies;
    for (const auto& each : it.asked("sendgrid")) bodies.insert(each.body);
    CHECK(bodies.size() == 600);
    CHECK(it.asked("sendgrid").size() == 600);
    CHECK(it.states() == "accepted 600");
    CHECK(it.database.query("SELECT count(*) FROM nightshift.notification_attempts") == "600");
}

TEST_CASE("an access token serves the next run, and a wrong key file is told before anything") {
    const Sending it;
    it.learner(1);
    it.due(1, 5);
    it.device(1, "token");
    CHECK(it.send(morning).exit_code == 0);
    CHECK(it.send("2026-11-24T08:05:00Z").exit_code == 0);
    CHECK(it.asked("fcm").size() == 2);
    CHECK(it.asked("token").size() == 1);
    const auto broken = it.folder.file("broken.json", "{\"type\": \"service_account\"");
    const auto refused =
        it.send("2026-11-25T08:05:00Z", {}, {{"FIREBASE_CREDENTIALS_PATH", broken}});
    CHECK(refused.exit_code == 78);
    CHECK_THAT(refused.err, ContainsSubstring("it is no JSON object"));
}

TEST_CASE("a name with line ends breaks no header, and what is too long is rejected") {
    SmtpServer mail;
    const Sending it;
    it.learner(1, "UTC", "name = E'Eve\\r\\nBcc: all@example.test'");
    it.due(1, 5);
    it.learner(2, "UTC", "name = repeat('x', 5000)");
    it.database.query(
        "INSERT INTO nightshift.streak_events (user_id, day, kind, length, seen_at) VALUES "
        "(2, '2026-11-22', 'milestone', 7, '2026-11-22T20:00:00Z')");
    it.device(2, "token");
    const auto json = it.send_json(morning, {},
                                   {{"EMAIL_PROVIDER", "smtp"},
                                    {"SMTP_URL", mail.url()},
                                    {"EMAIL_FROM", "Coach <coach@app.test>"}});
    CHECK(json["exit_code"] == 2);
    CHECK(json["reasons"] == Json{{"accepted", 1}, {"rejected", 1}});
    const auto message = mail.messages().at(0);
    const auto head = message.substr(0, message.find("\r\n\r\n"));
    CHECK(head.find("Bcc") == std::string::npos);
    CHECK_THAT(head, ContainsSubstring("List-Unsubscribe-Post: List-Unsubscribe=One-Click"));
    CHECK_THAT(
        it.database.query("SELECT reason FROM nightshift.notification_deliveries WHERE state "
                          "= 'rejected'"),
        ContainsSubstring("too long for push"));
}

TEST_CASE("a name of ten megabytes makes no e-mail of ten megabytes") {
    const Sending it;
    it.reviews(1);
    it.database.query("UPDATE users SET name = repeat('x', 10000000)");
    const auto planned = it.send_json(morning, {"--dry-run"});
    CHECK(planned["reasons"] == Json{{"rejected", 1}});
    CHECK(planned["saved_against_sms"] == "0.00");
    CHECK(it.send_json(morning)["reasons"] == Json{{"rejected", 1}});
    CHECK(it.server.asked().empty());
    CHECK_THAT(it.database.query("SELECT reason FROM nightshift.notification_deliveries"),
               ContainsSubstring("too long for email"));
}

TEST_CASE("no secret, token, number or address stands in any log") {
    const Sending it{[](const auto& which, const auto& asked) -> HttpAnswer {
        if (which == "twilio")
            return {.status = 400,
                    .body = R"({"code":21211,"message":"'To' +14155551002 is no number"})"};
        return Sending::succeed(which, asked);
    }};
    it.at_risk(1, true);
    it.at_risk(2);
    it.passes();
    const auto finished =
        it.send(evening, {"--verbose", "--json"}, {{"LOG_LEVEL", "debug"}, {"LOG_FORMAT", "json"}});
    for (const auto& text : {finished.err, finished.out}) {
        for (const auto* secret : {"very-secret", "PRIVATE KEY", "ya29", "token-1", "+14155551002",
                                   "l2@example.test", "4155551002"}) {
            INFO(secret);
            CHECK(text.find(secret) == std::string::npos);
        }
    }
    CHECK_THAT(finished.out, ContainsSubstring("…1002"));
}

TEST_CASE("settings that are missing or wrong are told by name") {
    const Sending it;
    const auto complaint = [&](const std::map<std::string, std::string>& settings) {
        const auto finished = it.send(evening, {}, settings);
        CHECK(finished.exit_code == 78);
        return finished.err;
    };
    CHECK_THAT(complaint({{"TWILIO_ACCOUNT_SID", ""}}), ContainsSubstring("TWILIO_ACCOUNT_SID"));
    CHECK_THAT(complaint({{"TWILIO_FROM_NUMBER", ""}}),
               ContainsSubstring("TWILIO_MESSAGING_SERVICE_SID"));
    CHECK_THAT(complaint({{"TWILIO_MESSAGING_SERVICE_SID", "MG1"}}), ContainsSubstring("both"));
    CHECK_THAT(complaint({{"SENDGRID_API_KEY", ""}}), ContainsSubstring("SENDGRID_API_KEY"));
    CHECK_THAT(complaint({{"EMAIL_PROVIDER", "owl"}}), ContainsSubstring("sendgrid or smtp"));
    CHECK_THAT(complaint({{"UNSUBSCRIBE_SECRET", ""}}), ContainsSubstring("UNSUBSCRIBE_SECRET"));
    CHECK_THAT(complaint({{"FCM_BASE_URL", "http://fcm.example.test"}}),
               ContainsSubstring("FCM_BASE_URL"));
    CHECK_THAT(complaint({{"FCM_RATE", "fast"}}), ContainsSubstring("FCM_RATE"));
    CHECK_THAT(complaint({{"SENDGRID_FROM_EMAIL", "Coach"}}),
               ContainsSubstring("no e-mail address"));
    CHECK_THAT(complaint({{"NIGHTSHIFT_PRICES", "/none"}}), ContainsSubstring("price book"));
    CHECK(it.send(evening, {"--kind", "revue"}).exit_code == 64);
    CHECK(it.send(evening, {"--only-user", ""}).exit_code == 64);
    CHECK(run(program({"send-reminders", "--as-of", evening}, it.environment())).exit_code == 77);
}
