// How runs behave while providers, Postgres or another run misbehave.
#include "notifications/send_scene.hpp"
#include "support/catch.hpp"
#include "support/expect.hpp"

#include <csignal>

using namespace nightshift::test;
using Json = nlohmann::json;
using Then = HttpAnswer::Then;
using namespace std::chrono_literals;

namespace {

// Learners 1 to n have the app, each on a device, and a review.
void pushes(const Sending& it, int n) {
    it.reviews(n);
    it.database.query(
        "UPDATE users SET has_app_installed = true; INSERT INTO device_tokens (user_id, token) "
        "SELECT id, 'token-' || id FROM users");
}

HttpAnswer unregistered() {
    return {.status = 404,
            .body = R"({"error":{"code":404,"status":"NOT_FOUND","message":"gone","details":)"
                    R"([{"@type":"type.googleapis.com/google.firebase.fcm.v1.FcmError",)"
                    R"("errorCode":"UNREGISTERED"}]}})"};
}

// How many are being asked at once, and were at most.
struct Crowd {
    std::atomic<int> now{0};
    std::atomic<int> most{0};

    void stay(std::chrono::milliseconds time) {
        const int here = ++now;
        for (int seen = most; seen < here && !most.compare_exchange_weak(seen, here);) {
        }
        std::this_thread::sleep_for(time);
        --now;
    }
};

}  // namespace

TEST_CASE("one channel's backlog keeps no other waiting") {
    std::atomic<int> pushed{0};
    std::atomic<int> pushed_before_mail{0};
    const Sending it{[&](const auto& which, const auto& asked) {
        if (which == "fcm") {
            ++pushed;
            std::this_thread::sleep_for(20ms);
        } else {
            pushed_before_mail = pushed.load();
        }
        return Sending::succeed(which, asked);
    }};
    pushes(it, 800);
    it.database.query("DELETE FROM device_tokens WHERE user_id <= 20");
    CHECK(it.send_json(morning, {}, {{"FCM_CONCURRENCY", "150"}})["reasons"]["accepted"] == 800);
    CHECK(pushed == 780);
    CHECK(pushed_before_mail < 600);
}

TEST_CASE("a provider is asked no more at once, and no faster, than it is to be") {
    Crowd crowd;
    const Sending it{[&](const auto& which, const auto& asked) {
        crowd.stay(5ms);
        return Sending::succeed(which, asked);
    }};
    it.reviews(40);
    CHECK(it.send_json(morning, {}, {{"SENDGRID_CONCURRENCY", "3"}})["reasons"]["accepted"] == 40);
    CHECK(crowd.most <= 3);
    it.database.query("DELETE FROM nightshift.notifications");
    const auto paced = std::chrono::steady_clock::now();
    CHECK(it.send_json(morning, {}, {{"SENDGRID_RATE", "20"}})["reasons"]["accepted"] == 40);
    CHECK(std::chrono::steady_clock::now() - paced >= 1900ms);  // 39 pauses
}

TEST_CASE("what happened on the wire is written down after Postgres has cut us off") {
    std::atomic<int> asked{0};
    const Sending it{Sending::slowly(asked, 200ms)};
    it.reviews(200);
    Background run{it.spawn(morning)};
    REQUIRE(eventually([&] { return asked > 40; }));
    it.database.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
        "current_database() AND query LIKE '%notification_deliveries%' AND pid <> "
        "pg_backend_pid()");
    CHECK(run.wait() == 0);
    CHECK(it.states() == "accepted 200");
    CHECK(asked == 200);
}

TEST_CASE("results that could not be written down are written down later, once") {
    const Sending it;
    pushes(it, 400);
    it.database.query(
        "CREATE SEQUENCE tries; "
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF nextval('public.tries') = 70 THEN RAISE 'not now'; END IF; RETURN new; END $$; "
        "CREATE TRIGGER refuse BEFORE INSERT ON nightshift.notification_attempts "
        "FOR EACH ROW EXECUTE FUNCTION refuse()");
    CHECK(it.send_json(morning)["reasons"]["accepted"] == 400);
    CHECK(it.asked("fcm").size() == 400);
    CHECK(it.database.query("SELECT count(*) || ' ' || count(DISTINCT notification_id) FROM "
                            "nightshift.notification_attempts WHERE class = 'accepted'") ==
          "400 400");
}

TEST_CASE("an app whose trigger refuses that a device is disabled stops nothing") {
    const Sending it{[](const auto& which, const auto& asked) {
        return which == "fcm" ? unregistered() : Sending::succeed(which, asked);
    }};
    pushes(it, 3);
    it.database.query(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN RAISE 'not by you'; END$$; CREATE TRIGGER refuse BEFORE UPDATE ON device_tokens "
        "FOR EACH ROW EXECUTE FUNCTION refuse()");
    const auto finished = it.send(morning);
    CHECK(finished.exit_code == 0);
    CHECK_THAT(finished.err, ContainsSubstring("not by you"));
    CHECK(it.states() == "accepted 3, dead 3");
}

TEST_CASE("a device that one message found dead leads the next one to an e-mail too") {
    const Sending it{[](const auto& which, const auto& asked) {
        return which == "fcm" ? unregistered() : Sending::succeed(which, asked);
    }};
    pushes(it, 1);
    it.database.query(
        "INSERT INTO nightshift.streak_events (user_id, day, kind, length, seen_at) VALUES "
        "(1, '2026-11-22', 'milestone', 7, '2026-11-22T20:00:00Z')");
    const auto json = it.send_json(morning, {}, {{"FCM_CONCURRENCY", "1"}});
    CHECK(json["reasons"]["accepted"] == 2);
    CHECK(it.asked("sendgrid").size() == 2);
}

TEST_CASE("a message that waits goes to whom the device and the address belong by then") {
    const Sending it;
    pushes(it, 2);
    it.learner(3);
    it.due(3, 5);
    it.learner(4);
    it.due(4, 5);
    for (const int id : {1, 3, 4}) it.wish(id, "all", "sms", true, "'20:00', '09:00', NULL");
    it.database.query("UPDATE users SET timezone = 'UTC'");
    CHECK(it.send_json(morning)["left"] == 3);
    it.database.query(
        "DELETE FROM device_tokens WHERE user_id = 2; UPDATE device_tokens SET user_id = 2 WHERE "
        "user_id = 1; UPDATE users SET email = 'new@example.test' WHERE id = 3; "
        "UPDATE users SET email = NULL WHERE id = 4");
    const auto json = it.send_json("2026-11-23T09:05:00Z");
    CHECK(json["reasons"]["stale token"] == 1);
    CHECK(json["reasons"]["no address"] == 1);
    CHECK(it.asked("fcm").size() == 1);  // of user 2, in the morning
    const auto mails = it.asked("sendgrid");
    REQUIRE(mails.size() == 2);
    CHECK(mails[0].body.find("l1@example.test") + mails[1].body.find("l1@example.test") !=
          2 * std::string::npos);  // whose device is gone
    CHECK_THAT(mails[0].body + mails[1].body, ContainsSubstring("new@example.test"));
}

TEST_CASE("messages that wait for an access token are given up in time, and sent by a later run") {
    std::atomic<bool> is_well{false};
    Sending it;
    HttpServer tokens{[&](const HttpAsked&) -> HttpAnswer {
        if (is_well) return access_token("ya29.good");
        return {.status = 503, .headers = {"Retry-After: 10000000000000000"}};
    }};
    it.key_file = it.folder.file("other.json", service_account_json(tokens.url("/token")));
    pushes(it, 3);
    Background run{it.spawn(morning)};
    REQUIRE(eventually([&] { return !tokens.asked().empty(); }));
    run.signal(SIGTERM);
    CHECK(run.wait() != 0);
    CHECK(it.states() == "pending 3");
    is_well = true;
    it.database.query("UPDATE nightshift.notification_deliveries SET not_before = '2026-11-23Z'");
    CHECK(it.send_json(morning)["reasons"]["accepted"] == 3);
}

TEST_CASE("a run that lost its lease writes down what it has sent, and sends nothing more") {
    std::atomic<int> asked{0};
    const Sending it{Sending::slowly(asked, 300ms)};
    it.reviews(2000);
    Background run{it.spawn(morning)};
    REQUIRE(eventually([&] { return asked > 40; }));
    it.database.query(
        "UPDATE nightshift.job_leases SET fence = fence + 1, run_id = 'ANOTHER' WHERE job = "
        "'send-reminders'");
    CHECK(run.wait() == 75);
    CHECK(asked < 2000);
    CHECK(it.database.query("SELECT count(*) FROM nightshift.notification_deliveries WHERE state "
                            "= 'accepted'") == std::to_string(asked));
}

TEST_CASE("two planners that may be cut off in time do not plan the same") {
    const Sending it;
    it.reviews(300);
    Background all{it.spawn(morning, {"--timeout", "60"})};
    Background one{it.spawn(morning, {"--kind", "review", "--timeout", "60"})};
    CHECK(all.wait() == 0);
    CHECK(one.wait() == 0);
    CHECK(it.states() == "accepted 300");
    CHECK(it.asked("sendgrid").size() == 300);
}

TEST_CASE("what a provider says in bytes and numbers of its own stops nobody") {
    std::atomic<int> calls{0};
    const Sending it{[&](const auto& which, const auto& asked) -> HttpAnswer {
        if (which != "twilio") return Sending::succeed(which, asked);
        if (++calls == 1) return {.status = 429, .headers = {"Retry-After: 9223372036854775807"}};
        return {.status = 201, .body = "{\"sid\":\"SM\\u0000x\"}"};
    }};
    for (const int id : {1, 2, 3}) it.at_risk(id);
    it.passes();
    const auto json = it.send_json(evening, {}, {{"TWILIO_CONCURRENCY", "1"}});
    CHECK(json["exit_code"] == 69);  // one waits
    CHECK(json["reasons"]["accepted"] == 5);
    CHECK(it.asked("twilio").size() == 3);
    CHECK(it.database.query("SELECT max(not_before) <= '2026-11-23T19:21Z' FROM "
                            "nightshift.notification_deliveries") == "t");
    CHECK(it.money_agrees());
}

TEST_CASE("a secret or a token that a provider repeats stands nowhere, not even in part") {
    const std::string token(163, 'k');
    const Sending it{[&](const auto& which, const auto& asked) -> HttpAnswer {
        const std::string padding(150, '.');
        if (which == "fcm")
            return {.status = 400,
                    .body = R"({"error":{"code":400,"status":"INVALID_ARGUMENT","message":")" +
                            padding + token + "\"}}"};
        return {.status = 400, .body = padding + asked.headers.at("authorization")};
    }};
    it.learner(1);
    it.due(1, 5);
    it.device(1, token);
    it.learner(2);
    it.due(2, 5);
    const auto finished = it.send(morning, {"--json"});
    const auto stored =
        it.database.query("SELECT string_agg(why, ' ') FROM nightshift.notification_attempts");
    for (const auto& text : {finished.err, finished.out, stored}) {
        CHECK(text.find(std::string(10, 'k')) == std::string::npos);
        CHECK(text.find("SG.very") == std::string::npos);
    }
}

TEST_CASE("money that was reserved when a process died counts as spent, in attempts too") {
    std::atomic<bool> hangs{true};
    const Sending it{[&](const auto& which, const auto& asked) -> HttpAnswer {
        if (which == "twilio" && hangs) return {.then = Then::hang, .says_nothing = true};
        return Sending::succeed(which, asked);
    }};
    for (int id = 1; id <= 30; ++id) it.at_risk(id);
    it.passes();
    Background run{it.spawn(evening, {}, {{"TWILIO_TIMEOUT_MS", "60000"}})};
    REQUIRE(eventually([&] { return it.asked("twilio").size() >= 10; }));
    run.signal(SIGKILL);
    run.wait();
    hangs = false;
    it.database.query(
        "UPDATE nightshift.notification_deliveries SET lease_until = now() - "
        "interval '1 second' WHERE state = 'sending'");
    const auto json = it.send_json(evening);
    CHECK(json["reasons"]["unknown"] >= 10);
    CHECK(it.money_agrees());
    CHECK(it.database.query("SELECT sum(cost) = 30 * 0.0145 FROM "
                            "nightshift.notification_attempts") == "t");
}

TEST_CASE("a message that a stopped process would send too late is not sent") {
    std::atomic<int> asked{0};
    const Sending it{Sending::slowly(asked, 100ms)};
    it.reviews(300);
    Background run{it.spawn("2026-11-23T09:59:56Z", {}, {{"SENDGRID_CONCURRENCY", "4"}})};
    REQUIRE(eventually([&] { return asked > 8; }));
    run.signal(SIGSTOP);
    std::this_thread::sleep_for(5s);
    const int before = asked;
    run.signal(SIGCONT);
    run.wait();
    CHECK(asked <= before + 4);  // which were on the wire
    CHECK(std::stoi(it.database.query("SELECT count(*) FROM nightshift.notification_deliveries "
                                      "WHERE state = 'skipped' AND reason = 'expired'")) > 250);
}

TEST_CASE("kinds whose occasion is no day stand in nobody's way") {
    const Sending it;
    it.at_risk(1);
    it.learner(2);
    it.database.query(
        "INSERT INTO nightshift.streak_events (user_id, day, kind, length, seen_at) VALUES "
        "(2, '2026-11-22', 'broken', 7, '2026-11-22T20:00:00Z'); "
        "INSERT INTO nightshift.notifications SELECT 1000 + i, i, 'monthly_report', '2026-10', "
        "'UTC', 'en', 'x', '{}', '2026-11-01', '2026-11-01', 'R' FROM generate_series(1, 3000) AS "
        "i; SELECT setval('nightshift.notification_ids', 5000); ANALYZE nightshift.notifications");
    it.passes();
    CHECK(it.send_json(morning)["reasons"]["accepted"] == 1);
    CHECK(it.send_json(evening)["reasons"]["accepted"] == 2);
}

TEST_CASE("a row that cannot be taken ends the run, and what was on the wire is written down") {
    const Sending it;
    it.reviews(5);
    it.database.query(
        "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF NEW.state = "
        "'sending' AND NEW.user_id = 3 THEN RAISE 'not this one'; END IF; RETURN NEW; END$$; "
        "CREATE TRIGGER poison BEFORE UPDATE ON nightshift.notification_deliveries FOR EACH ROW "
        "EXECUTE FUNCTION poison()");
    const auto finished = it.send(morning);
    CHECK(finished.exit_code != 0);
    CHECK_THAT(finished.err, ContainsSubstring("not this one"));
    CHECK(it.states() == "pending 5");
}

TEST_CASE("a lock on the app's devices holds up no message") {
    const Sending it{[](const auto& which, const auto& asked) {
        return which == "fcm" ? unregistered() : Sending::succeed(which, asked);
    }};
    pushes(it, 3);
    const auto holder = it.database.connect();
    holder->transaction("holding devices", [&](auto& transaction) {
        transaction.exec("LOCK TABLE public.device_tokens IN SHARE MODE");
        const auto finished = it.send(morning);
        CHECK(finished.exit_code == 0);
        CHECK_THAT(finished.err, ContainsSubstring("tried again"));
    });
    CHECK(it.states() == "accepted 3, dead 3");
}

TEST_CASE("a stop while a retry waits is a stop, and what can only be late has expired") {
    const Sending it{[](const auto&, const auto&) {
        return HttpAnswer{.status = 429, .headers = {"Retry-After: 40"}};
    }};
    it.reviews(1);
    Background run{it.spawn(morning)};
    REQUIRE(
        eventually([&] { return it.states() == "pending 1" && !it.asked("sendgrid").empty(); }));
    run.signal(SIGTERM);
    CHECK(run.wait() == 143);
    it.database.query("UPDATE nightshift.notification_deliveries SET not_before = '2026-11-23Z'");
    const auto late = it.send_json("2026-11-23T09:59:50Z");
    CHECK(late["reasons"]["expired"] == 1);
    CHECK(late["left"] == 0);
}
