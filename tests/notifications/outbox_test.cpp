// The outbox in the library: what it takes, keeps and pays.
#include "notifications/outbox.hpp"

#include "notifications/plan_scene.hpp"
#include "support/catch.hpp"

using namespace nightshift;
using namespace nightshift::notifications;
using namespace nightshift::test;

namespace {

// Learners 1 to n, whose streaks are at risk at 19:00 on 23 November: an SMS each.
struct Till : Audience {
    Templates templates;
    costs::PriceBook prices = costs::read_price_book("");
    Composer composer{templates, prices, "twilio", "2026-11"};
    Outbox outbox{[this] { return database.connect(); },
                  composer,
                  {.run_id = "RUN", .budget = parse_money("1.00")}};

    explicit Till(int n) {
        for (int id = 1; id <= n; ++id) {
            learner(id);
            attempt(id, "2026-11-22T10:00:00Z");
        }
        pass("2026-11-22T12:00:00Z");
        pass("2026-11-23T18:30:00Z");
        plan("2026-11-23T19:05:00Z");
    }

    std::vector<Taken> take(const std::string& now, int most = 10) {
        const auto at = parse_instant(now).value();
        return outbox
            .exchange({.wishes = {{Channel::sms, "twilio", most}},
                       .now = at,
                       .patience_until = at + std::chrono::minutes{1}})
            .taken[Channel::sms];
    }
    Exchanged record(const std::vector<Taken>& taken, Class outcome, const std::string& now) {
        Exchange exchange{.now = parse_instant(now).value(),
                          .patience_until = parse_instant(now).value()};
        for (const auto& each : taken)
            exchange.results.push_back({each, "twilio", {.outcome = outcome}, exchange.now});
        return outbox.exchange(exchange);
    }
    std::string spending() const {
        return database.query(
            "SELECT string_agg(day || ' ' || amount, ', ' ORDER BY day) FROM "
            "nightshift.message_spending");
    }
};

}  // namespace

TEST_CASE("what was reserved before midnight is given back to the day that it was reserved of") {
    Till it{2};
    it.database.query(
        "UPDATE nightshift.notification_deliveries SET expires_at = '2026-11-25Z'; "
        "UPDATE users SET timezone = 'Pacific/Auckland'");  // whose quiet hours are others
    it.database.query("UPDATE nightshift.notifications SET zone = 'UTC'");
    const auto taken = it.take("2026-11-23T23:59:59Z");
    REQUIRE(taken.size() == 2);
    CHECK(it.spending() == "2026-11-23 0.0290");
    CHECK(it.database.query("SELECT count(*) FROM nightshift.message_reservations") == "2");
    it.record({taken[0]}, Class::reject, "2026-11-24T00:00:01Z");
    it.record({taken[1]}, Class::accepted, "2026-11-24T00:00:01Z");
    CHECK(it.spending() == "2026-11-23 0.0145");
    CHECK(it.database.query("SELECT count(*) FROM nightshift.message_reservations") == "0");
}

TEST_CASE("a result is written down once, however often that is tried") {
    Till it{1};
    const auto taken = it.take("2026-11-23T19:05:00Z");
    REQUIRE(taken.size() == 1);
    CHECK(it.record(taken, Class::reject, "2026-11-23T19:05:01Z").ended.size() == 1);
    CHECK(it.record(taken, Class::reject, "2026-11-23T19:05:02Z").ended.empty());
    CHECK(it.spending() == "2026-11-23 0.0000");
    CHECK(it.database.query("SELECT count(*) FROM nightshift.notification_attempts") == "1");
}

TEST_CASE("what is on the wire stays ours as long as it is renewed") {
    Till it{1};
    REQUIRE(it.take("2026-11-23T19:05:00Z").size() == 1);
    const auto lease = [&] {
        return it.database.query(
            "SELECT lease_until > clock_timestamp() + interval '1 minute' FROM "
            "nightshift.notification_deliveries WHERE state = 'sending'");
    };
    CHECK(lease() == "t");
    it.database.query(
        "UPDATE nightshift.notification_deliveries SET lease_until = clock_timestamp() + "
        "interval '10 seconds' WHERE state = 'sending'");
    const auto now = parse_instant("2026-11-23T19:06:00Z").value();
    it.outbox.exchange({.must_renew = true, .now = now, .patience_until = now});
    CHECK(lease() == "t");
}

TEST_CASE("deliveries that a dead process held are unknown for every kind, and counted for ours") {
    Till it{1};
    REQUIRE(it.take("2026-11-23T19:05:00Z").size() == 1);
    it.database.query(
        "UPDATE nightshift.notification_deliveries SET lease_until = now() - interval '1 second' "
        "WHERE state = 'sending'");
    Outbox of_reviews{[&] { return it.database.connect(); },
                      it.composer,
                      {.run_id = "OTHER", .kinds = {find_kind("review")}}};
    const auto connection = it.database.connect();
    CHECK(of_reviews.tidy_up(*connection, parse_instant("2026-11-23T19:10:00Z").value()).empty());
    CHECK(it.database.query("SELECT concat_ws(' ', class, item, cost, currency) FROM "
                            "nightshift.notification_attempts") == "unknown sms/US 0.0145 USD");
    CHECK(it.spending() == "2026-11-23 0.0145");
}

TEST_CASE("what was taken by a commit whose answer was lost goes back, with its money") {
    Till it{3};
    const auto taken = it.take("2026-11-23T19:05:00Z", 3);
    REQUIRE(taken.size() == 3);
    const auto now = parse_instant("2026-11-23T19:05:01Z").value();
    it.outbox.reconnect();
    it.outbox.exchange({.held = std::vector{taken[0].key}, .now = now, .patience_until = now});
    CHECK(it.database.query("SELECT string_agg(notification_id || '.' || ordinal, ' ') FROM "
                            "nightshift.notification_deliveries WHERE state = 'sending'") ==
          taken[0].key.text());
    CHECK(it.spending() == "2026-11-23 0.0145");
    CHECK(it.take("2026-11-23T19:05:02Z", 3).size() == 2);
}
