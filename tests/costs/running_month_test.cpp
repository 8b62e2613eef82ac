// The month that runs: what it will cost, and what it is compared with.
#include "costs/scene.hpp"

using namespace nightshift::test;
using Json = nlohmann::json;

namespace {

// Ten days of two SMS each, the last one yesterday, and a push on one of them.
struct RunningMonth : CostScene {
    RunningMonth() {
        database.query(R"(
            INSERT INTO nightshift.notification_attempts
                (notification_id, ordinal, attempt, provider, class, item, units, currency, ended_at, run_id)
            SELECT 100 + day, 1, 1, 'twilio', 'accepted', 'sms/KE', 2, 'USD', '2026-12-01'::timestamptz
                   + day * interval '1 day', 'R' FROM generate_series(0, 9) AS day)");
    }
    Json month(std::vector<std::string> words) const {
        words.insert(words.end(), {"--as-of", "2026-12-11T06:00:00Z", "--book", book()});
        return json(words);
    }
};

}  // namespace

TEST_CASE("of a month that runs it is told what it will cost, and budgets heed that") {
    const RunningMonth it;
    const auto december = it.month({});
    CHECK(december.at("what") == "2026-12, up to 2026-12-11");
    // 20 segments so far at 0.05, 42 are left; three servers, of which 11 of 31 days have gone.
    CHECK(december.at("cost") == "16.96774");
    CHECK(december.at("forecast").at("cost") == "48.10");
    CHECK(december.at("forecast").at("low") == december.at("forecast").at("high"));
    CHECK(december.at("budgets").at(0).at("spent") == "1.00");
    CHECK(december.at("ok") == false);
    const auto early = it.json({"--as-of", "2026-12-04T00:00:00Z", "--book", it.book()});
    CHECK_THAT(early.at("forecast").at("refused").get<std::string>(),
               ContainsSubstring("there are 3 days of data, and 7 are the fewest"));
    // What will be over is told before it is.
    const auto book = it.folder.file(
        "will.json", R"({"schema_version": 1, "currency": "USD", "sms": {"twilio": {"KE": "0.05"}},
            "budgets": [{"name": "sms", "monthly": "2", "channel": "sms"}]})");
    const auto will = it.report({"--as-of", "2026-12-11T06:00:00Z", "--book", book});
    CHECK(will.exit_code == 1);
    CHECK_THAT(will.out, ContainsSubstring("it will be over"));
    // What is supposed is supposed of the days to come, too.
    const auto pushed = it.month({"--push-share", "100"});
    CHECK(pushed.at("budgets").at(0).at("forecast") == "0.00");
    CHECK_THAT(pushed.at("notes").dump(), ContainsSubstring("by that it costs 1.00 USD less"));
}

TEST_CASE("a month that runs is compared with the one before it, when it had come as far") {
    const RunningMonth it;
    const auto book =
        it.folder.file("steps.json", R"({"schema_version": 1, "currency": "USD", "prices": [
            {"provider": "twilio", "item": "sms/KE", "service": "sms", "unit": "segment", "free": "15",
             "price": "1"}]})");
    it.database.query(
        "INSERT INTO nightshift.quantities (day, service, item, quantity, cost, currency) VALUES "
        "('2026-11-05', 'twilio', 'sms/KE', 20, 0, 'USD'), "
        "('2026-11-25', 'twilio', 'sms/KE', 1000, 0, 'USD')");
    const auto change = it.json({"--as-of", "2026-12-11T06:00:00Z", "--book", book, "--compare",
                                 "previous", "--group-by", "country"})
                            .at("comparison");
    CHECK(change.at("with") == "2026-11-01 to 2026-11-11");
    for (const auto& each : change.at("changes")) {
        if (each.at("country") != "KE") continue;
        CHECK(each.at("before") == "5.00");
        CHECK(each.at("now") == "5.00");
    }
}

TEST_CASE("a forecast that outgrows the largest plan is said to have no price, and is no bargain") {
    const RunningMonth it;
    const auto book = it.folder.file(
        "plans.json", R"({"schema_version": 1, "currency": "USD", "sms": {"twilio": {"KE": "1"}},
            "prices": [{"provider": "fcm", "item": "push", "service": "push", "unit": "message",
                        "plans": [{"up_to": "25", "monthly": "3"}]}],
            "budgets": [{"name": "push", "monthly": "4", "channel": "push"}]})");
    it.database.query(
        "UPDATE nightshift.notification_attempts SET provider = 'fcm', item = 'push' WHERE "
        "notification_id > 99");
    const auto december = it.json({"--as-of", "2026-12-11T06:00:00Z", "--book", book});
    CHECK(december.at("cost") == "3.00");
    CHECK(december.at("forecast").at("cost").is_null());
    CHECK(december.at("forecast").at("has_unpriced") == true);
    CHECK(december.at("budgets").at(0).at("forecast").is_null());
    CHECK_THAT(it.report({"--as-of", "2026-12-11T06:00:00Z", "--book", book}).out,
               ContainsSubstring("some of it has no price"));
}
